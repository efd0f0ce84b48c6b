/// Linux's two lists as this project has them, written down a second time with plain arrays: what an LRU must hold.
struct RecencyModel {
    private struct Element {
        var value: [UInt8]
        var isUsed: Bool
    }

    /// Newest first.
    private var inactive: [[UInt8]] = []
    private var active: [[UInt8]] = []
    private var elements: [[UInt8]: Element] = [:]
    let capacity: Int
    /// The order of the last eviction's moves is part of what is modelled, so is their number.
    private(set) var mostMoves = 0

    init(capacity: Int) { self.capacity = capacity }

    var contents: [[UInt8]: [UInt8]] { elements.mapValues(\.value) }

    mutating func lookUp(_ key: [UInt8]) -> [UInt8]? {
        elements[key]?.isUsed = true
        return elements[key]?.value
    }

    mutating func set(_ key: [UInt8], _ value: [UInt8]) {
        if elements[key] != nil {
            remove(key)
            elements[key] = Element(value: value, isUsed: true)
        } else {
            if elements.count == capacity { evict() }
            elements[key] = Element(value: value, isUsed: false)
        }
        inactive.insert(key, at: 0)
    }

    mutating func remove(_ key: [UInt8]) {
        guard elements.removeValue(forKey: key) != nil else { return }
        inactive.removeAll { $0 == key }
        active.removeAll { $0 == key }
    }

    private mutating func takeMark(_ key: [UInt8]) -> Bool {
        defer { elements[key]?.isUsed = false }
        return elements[key]?.isUsed ?? false
    }

    private mutating func evict() {
        var moves = 0
        for _ in 0..<128 where inactive.count < active.count {
            let key = active.removeLast()
            if takeMark(key) { active.insert(key, at: 0) } else { inactive.insert(key, at: 0) }
            moves += 1
        }
        var victim: [UInt8]?
        for _ in 0..<128 where victim == nil {
            guard let key = inactive.last else { break }
            if takeMark(key) {
                active.insert(inactive.removeLast(), at: 0)
                moves += 1
            } else {
                victim = key
            }
        }
        mostMoves = max(mostMoves, moves)
        if let key = victim ?? inactive.last ?? active.last { remove(key) }
    }
}

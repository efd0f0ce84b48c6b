internal import CLinux

/// Reads texts and lists of addresses out of another process, a page at a time and each page once.
///
/// What is read is what was there at some moment: only a process that cannot run keeps it so.
struct ForeignMemory {
    private let thread: UInt32
    private var page: [UInt8] = []
    private var pageAddress: UInt64 = .max

    private static let pageSize: UInt64 = 4096

    init(of thread: UInt32) { self.thread = thread }

    /// The bytes before the first 0; nil where there is no memory, or no 0 within the limit.
    mutating func text(at address: UInt64, limit: Int) -> [UInt8]? {
        var text: [UInt8] = []
        var place = address
        while text.count <= limit {
            guard let rest = bytes(from: place) else { return nil }
            if let end = rest.firstIndex(of: 0) {
                text += rest[..<end]
                return text.count <= limit ? text : nil
            }
            text += rest
            let (next, overflow) = place.addingReportingOverflow(UInt64(rest.count))
            guard !overflow else { return nil }
            place = next
        }
        return nil
    }

    /// A word, wherever it lies.
    mutating func word(at address: UInt64) -> UInt64? {
        var word: UInt64 = 0
        for index in UInt64(0)..<8 {
            let (place, overflow) = address.addingReportingOverflow(index)
            guard !overflow, let byte = bytes(from: place)?.first else { return nil }
            word |= UInt64(byte) << (8 * index)
        }
        return word
    }

    /// What there is from an address on, at most so many bytes.
    mutating func start(at address: UInt64, limit: Int) -> [UInt8] {
        var start: [UInt8] = []
        var place = address
        while start.count < limit, let rest = bytes(from: place) {
            start += rest.prefix(limit - start.count)
            let (next, overflow) = place.addingReportingOverflow(UInt64(rest.count))
            guard !overflow else { break }
            place = next
        }
        return start
    }

    /// What its page has from an address on.
    private mutating func bytes(from address: UInt64) -> ArraySlice<UInt8>? {
        let start = address & ~(Self.pageSize - 1)
        if start != pageAddress {
            page = [UInt8](repeating: 0, count: Int(Self.pageSize))
            // SAFETY: the shim writes at most the array's bytes.
            let count = unsafe page.withUnsafeMutableBytes {
                unsafe clinux_read_memory(thread, start, $0.baseAddress, UInt64($0.count))
            }
            guard count == Int64(Self.pageSize) else {
                pageAddress = .max
                return nil
            }
            pageAddress = start
        }
        return page[Int(address - start)...]
    }
}

/// Where jumps, calls and loop heads lie in code that is otherwise finished, and how they become bytes.
///
/// The code is made without them. Each is then given its place in order, short where its target is near: how far that is at most is
/// known beforehand, because while the code was made every jump counted as long and every loop head as filled up.
struct Layout: ~Copyable {
    /// What is to be placed.
    enum Kind: UInt8 {
        case jump, branch, call
        /// To an address outside of the code.
        case jumpOut, callOut
        case loopHead

        /// Bytes at most.
        @inline(__always) var most: UInt32 {
            switch self {
            case .jump, .call, .jumpOut, .callOut: 5
            case .branch: 6
            case .loopHead: Layout.line - 1
            }
        }
    }

    struct Piece: BitwiseCopyable {
        /// Bytes of the code made before it.
        var position: UInt32
        /// A label; for a loop head, none.
        var target: Int32
        /// How many instructions have begun before it.
        var begun: Int32
        var kind: Kind
        /// The opcode of the short form; of a loop head, bytes before it.
        var code: UInt8
        var isShort = false
    }

    /// Of a short jump, and of a short branch without its condition (SDM volume 2, appendix A.2).
    private static let shortJump: UInt8 = 0xEB
    private static let shortBranch: UInt8 = 0x70

    /// Bytes that the machine fetches at once. A loop of three or four instructions that lies in two such lines takes twice
    /// to four times as long as one that lies in one; where in the line it lies matters little.
    static let line: UInt32 = 64
    /// What longer loops begin at a multiple of.
    static let alignment: UInt32 = 16

    private var pieces: Block<Piece>
    /// By how much the code may yet grow.
    private(set) var slack: UInt32 = 0
    private var outside: (helper: UInt64, fault: UInt64)
    private let start: UInt64

    init(start: UInt64, helper: UInt64, fault: UInt64, capacity: Int) {
        self.start = start
        outside = (helper, fault)
        pieces = Block(capacity: capacity)
    }

    static let helper: Int32 = 0
    static let fault: Int32 = 1

    @inline(__always) mutating func add(
        _ kind: Kind, at position: Int, begun: Int, to target: Int32 = 0, _ condition: UInt8 = 0
    ) {
        pieces.append(
            Piece(
                position: UInt32(truncatingIfNeeded: position), target: target,
                begun: Int32(truncatingIfNeeded: begun), kind: kind,
                code: kind == .branch ? Self.shortBranch | condition : Self.shortJump))
        slack &+= kind.most
    }

    /// Places every piece, moves the labels to where they are then, and returns the whole code.
    ///
    /// - Parameters:
    ///   - labels: at entry the offsets that they can have at most. Labels at and above `Labels.outlined` come after all instructions.
    mutating func place(_ code: borrowing CodeBuffer, _ labels: inout Labels) -> CodeBuffer {
        let ends = loopEnds(labels)
        var heads = 0
        var grown: UInt32 = 0
        var atMost: UInt32 = 0
        var label = 0
        for index in 0..<pieces.count {
            let piece = pieces[index]
            label = labels.move(from: label, to: Int(piece.begun), by: grown &- atMost)
            switch piece.kind {
            case .jump, .branch:
                let target = Int(piece.target)
                let most = piece.kind.most
                // Backwards, from the end of the short form. Forwards both ends move the same way at least as much as the pieces between
                // them shrink.
                let isShort =
                    target < label
                    ? Int(labels[target]) &- Int(piece.position &+ grown &+ 2) >= -128
                    : Int(labels[target]) &- Int(piece.position &+ atMost &+ most) <= 127
                if isShort { pieces[index].isShort = true }
                grown &+= isShort ? 2 : most
                atMost &+= most
            case .call, .jumpOut, .callOut:
                grown &+= 5
                atMost &+= 5
            case .loopHead:
                let padding = Self.padding(before: piece.position &+ grown, size: ends[heads] &- labels[label])
                heads += 1
                pieces[index].code = UInt8(truncatingIfNeeded: padding)
                grown &+= padding
                atMost &+= piece.kind.most
            }
        }
        _ = labels.move(from: label, to: labels.count, by: grown &- atMost)

        var result = CodeBuffer(capacity: code.count + Int(grown))
        var copied = 0
        for index in 0..<pieces.count {
            let piece = pieces[index]
            result.append(code, copied..<Int(piece.position))
            copied = Int(piece.position)
            if piece.isShort {
                let distance = Int(labels[Int(piece.target)]) &- (result.count &+ 2)
                result.append(UInt64(piece.code) | UInt64(UInt8(truncatingIfNeeded: distance)) &<< 8, 2)
            } else {
                write(piece, labels, to: &result)
            }
        }
        result.append(code, copied..<code.count)
        return result
    }

    /// For each loop head where its last jump backwards ends, at most.
    private func loopEnds(_ labels: borrowing Labels) -> [UInt32] {
        // Heads are in order, so the one that a jump names is found by halving.
        var heads: [(label: Int32, end: UInt32)] = []
        var atMost: UInt32 = 0
        for index in 0..<pieces.count {
            let piece = pieces[index]
            atMost += piece.kind.most
            switch piece.kind {
            case .loopHead: heads.append((piece.begun, 0))
            case .jump, .branch:
                guard piece.target < piece.begun else { continue }
                var (low, high) = (0, heads.count)
                while low < high {
                    let middle = (low + high) / 2
                    if heads[middle].label < piece.target { low = middle + 1 } else { high = middle }
                }
                if low < heads.count, heads[low].label == piece.target { heads[low].end = piece.position + atMost }
            case .call, .jumpOut, .callOut: break
            }
        }
        return heads.map { max($0.end, labels[Int($0.label)]) }
    }

    /// Bytes that do nothing before a loop of at most `size` bytes at `offset`.
    private static func padding(before offset: UInt32, size: UInt32) -> UInt32 {
        if size > line { return (0 &- offset) & (alignment - 1) }
        let place = offset & (line - 1)
        return place + size <= line ? 0 : line - place
    }

    /// Writes a piece that is not short.
    private func write(_ piece: Piece, _ labels: borrowing Labels, to result: inout CodeBuffer) {
        let place = result.count
        @inline(__always) func distance(_ size: Int) -> UInt64 {
            UInt64(UInt32(truncatingIfNeeded: Int(labels[Int(piece.target)]) - (place + size)))
        }
        switch piece.kind {
        case .jump: result.append(0xE9 | distance(5) << 8, 5)
        // The opcode of the long form is 16 more.
        case .branch: result.append(0x0F | UInt64(piece.code &+ 0x10) << 8 | distance(6) << 16, 6)
        case .call: result.append(0xE8 | distance(5) << 8, 5)
        case .jumpOut, .callOut:
            let address = piece.target == Self.helper ? outside.helper : outside.fault
            let distance = address &- (start &+ UInt64(place) &+ 5)
            result.append((piece.kind == .jumpOut ? 0xE9 : 0xE8) | (distance & 0xFFFF_FFFF) << 8, 5)
        case .loopHead:
            var left = Int(piece.code)
            while left > 0 {
                let size = min(left, 9)
                // The longest has nine bytes, of which the last is zero.
                result.append(Self.fillers[size], min(size, 8))
                if size == 9 { result.append(0, 1) }
                left -= size
            }
        }
    }

    /// The instructions that do nothing, of 0 to 9 bytes (SDM volume 2, table 4-12).
    private static let fillers: [UInt64] = [
        0, 0x90, 0x9066, 0x00_1F0F, 0x0040_1F0F, 0x00_0044_1F0F, 0x0000_441F_0F66, 0x80_1F0F, 0x0084_1F0F,
        0x0000_0000_841F_0F66,
    ]
}

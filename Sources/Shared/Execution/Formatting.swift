internal import Channel

/// Text as it is being written: what does not fit is counted.
struct TextSink {
    let memory: CellMemory
    let start: UInt64
    let capacity: UInt64
    /// Whether the length of the whole text is wanted; otherwise nobody reads on where nothing more fits.
    let countsAll: Bool
    /// Bytes that the text has, with those that did not fit.
    private(set) var total: UInt64 = 0

    init(memory: CellMemory, start: UInt64, capacity: UInt64, countsAll: Bool) {
        self.memory = memory
        self.start = start
        self.capacity = capacity
        self.countsAll = countsAll
    }

    func wants(_ count: UInt64) -> Bool { countsAll || total &+ count < capacity }

    var length: UInt64 { min(total, capacity) }

    @inline(never) mutating func append(_ character: UInt8) {
        if total < capacity { memory.store8(start &+ total, character) }
        total &+= 1
    }

    /// - Parameter sign: a character before the number, or 0.
    @inline(never) mutating func append(_ value: UInt64, radix: UInt64, _ style: FieldStyle, sign: UInt8 = 0) {
        var divisor: UInt64 = 1
        var digits: UInt32 = sign == 0 ? 1 : 2
        while value / divisor >= radix {
            divisor &*= radix
            digits &+= 1
        }
        let padding = style.width > digits ? style.width &- digits : 0
        if !style.isLeft, !style.hasZeros { repeatCharacter(0x20, padding) }
        if sign != 0 { append(sign) }
        if style.hasZeros, !style.isLeft { repeatCharacter(UInt8(ascii: "0"), padding) }
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: value / divisor % radix)
            append(digit < 10 ? UInt8(ascii: "0") &+ digit : style.tenDigit &+ digit &- 10)
            divisor /= radix
        }
        if style.isLeft { repeatCharacter(0x20, padding) }
    }

    mutating func repeatCharacter(_ character: UInt8, _ count: UInt32) {
        var left = count
        while left > 0 {
            append(character)
            left &-= 1
        }
    }
}

/// Flags and width of one conversion.
struct FieldStyle {
    var width: UInt32 = 0
    var isLeft = false
    var hasZeros = false
    var hasPlus = false
    var hasSpace = false
    var tenDigit = UInt8(ascii: "a")
}

/// Where a conversion finds its argument: in R3 to R5, or in an array of 64-bit words.
enum FormatArguments {
    case registers(UInt64, UInt64, UInt64)
    case words(at: UInt64, count: UInt64)

    func argument(_ index: UInt64, _ memory: CellMemory) -> UInt64? {
        switch self {
        case .registers(let first, let second, let third):
            index == 0 ? first : index == 1 ? second : index == 2 ? third : nil
        case .words(let start, let count): index < count ? memory.load64(start &+ index &* 8) : nil
        }
    }
}

enum FormatResult {
    case written, malformed
    case unreadable(UInt64)
}

extension ProgramRunner {
    /// The conversions of Linux's `bpf_bprintf_prepare` (kernel/bpf/helpers.c): d i u x X p c s with flags, width, l and ll, and `%%`.
    /// What it writes of a kernel's own structures (`%pI4`, `%pS`, …) is malformed here.
    ///
    /// - Parameter size: bytes of the format, of which those from the first zero on do not count.
    @_optimize(size) mutating func write(
        _ format: UInt64, _ size: UInt64, _ arguments: FormatArguments, to text: inout TextSink
    ) -> FormatResult {
        var position: UInt64 = 0
        var used: UInt64 = 0
        let memory = memory
        func next() -> UInt8 {
            guard position < size else { return 0 }
            position &+= 1
            return memory.load8(format &+ position &- 1)
        }
        while true {
            var character = next()
            if character == 0 { return .written }
            guard character == UInt8(ascii: "%") else {
                text.append(character)
                continue
            }
            character = next()
            if character == UInt8(ascii: "%") {
                text.append(character)
                continue
            }
            var style = FieldStyle()
            flags: while true {
                switch character {
                case UInt8(ascii: "0"): style.hasZeros = true
                case UInt8(ascii: "-"): style.isLeft = true
                case UInt8(ascii: "+"): style.hasPlus = true
                case UInt8(ascii: " "): style.hasSpace = true
                default: break flags
                }
                character = next()
            }
            while character &- 0x30 < 10 {
                // A width of more than three digits is nobody's honest wish.
                guard style.width < 100 else { return .malformed }
                style.width = style.width &* 10 &+ UInt32(character &- 0x30)
                character = next()
            }
            var isWide = false
            while character == UInt8(ascii: "l") {
                isWide = true
                character = next()
            }
            guard let argument = arguments.argument(used, memory) else { return .malformed }
            used &+= 1
            let number = isWide ? argument : argument & 0xFFFF_FFFF
            switch character {
            case UInt8(ascii: "d"), UInt8(ascii: "i"):
                let value = isWide ? signed(argument) : Int64(signed(low(argument)))
                let sign: UInt8 =
                    value < 0 ? UInt8(ascii: "-") : style.hasPlus ? UInt8(ascii: "+") : style.hasSpace ? 0x20 : 0
                text.append(value.magnitude, radix: 10, style, sign: sign)
            case UInt8(ascii: "u"): text.append(number, radix: 10, style)
            case UInt8(ascii: "x"): text.append(number, radix: 16, style)
            case UInt8(ascii: "X"):
                style.tenDigit = UInt8(ascii: "A")
                text.append(number, radix: 16, style)
            case UInt8(ascii: "p"):
                // `%pK` and `%px` print the same number; a letter or digit besides would ask for something else.
                if position < size {
                    let kind = memory.load8(format &+ position)
                    if kind == UInt8(ascii: "K") || kind == UInt8(ascii: "x") {
                        position &+= 1
                    } else if kind &- 0x30 < 10 || kind | 0x20 &- 0x61 < 26 {
                        return .malformed
                    }
                }
                text.append(UInt8(ascii: "0"))
                text.append(UInt8(ascii: "x"))
                text.append(argument, radix: 16, style)
            case UInt8(ascii: "c"): text.append(UInt8(truncatingIfNeeded: argument))
            case UInt8(ascii: "s"):
                guard appendString(argument, style, to: &text) else { return .unreadable(argument) }
            default: return .malformed
            }
        }
    }

    /// Strings are cut after so many bytes, as Linux's are (MAX_BPRINTF_BIN_ARGS).
    private static let longestString: UInt64 = 512

    /// Appends bytes up to a zero byte or the limit; every byte must be the program's to read, in every mode: to the
    /// verifier, what `%s` prints is a number.
    @_optimize(size) private mutating func appendString(_ start: UInt64, _ style: FieldStyle, to text: inout TextSink)
        -> Bool
    {
        var count: UInt64 = 0
        while count < Self.longestString, text.wants(count) {
            guard regions.mayRead(start &+ count, 1) else { return false }
            if memory.load8(start &+ count) == 0 { break }
            count &+= 1
        }
        let padding = UInt64(style.width) > count ? style.width &- UInt32(count) : 0
        if !style.isLeft { text.repeatCharacter(0x20, padding) }
        var index: UInt64 = 0
        while index < count {
            text.append(memory.load8(start &+ index))
            index &+= 1
        }
        if style.isLeft { text.repeatCharacter(0x20, padding) }
        return true
    }

    /// `bpf_snprintf`: the length of the whole text with its zero, whether it fitted or not.
    @_optimize(size) mutating func format(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let (buffer, size, format) = (registers[1], registers[2] & 0xFFFF_FFFF, registers[3])
        let (words, bytes) = (registers[4], registers[5] & 0xFFFF_FFFF)
        guard mayWrite(buffer, count: size) else { return refuse(buffer) }
        guard mayRead(words, count: bytes) else { return refuse(words) }
        guard let formatSize = length(ofString: format) else { return refuse(format) }
        registers[0] = extend(LinuxError.invalid)
        guard Self.isSoundArray(words, bytes) else { return nil }
        var text = TextSink(memory: memory, start: buffer, capacity: size == 0 ? 0 : size &- 1, countsAll: true)
        switch write(format, formatSize, .words(at: words, count: bytes / 8), to: &text) {
        case .written:
            if size > 0 { memory.store8(buffer &+ text.length, 0) }
            registers[0] = text.total &+ 1
        case .malformed: break
        case .unreadable(let address): return refuse(address)
        }
        return nil
    }

    /// Twelve words at most (MAX_BPRINTF_VARARGS).
    static func isSoundArray(_ words: UInt64, _ bytes: UInt64) -> Bool {
        bytes & 7 == 0 && bytes <= 96 && (bytes == 0 || words != 0)
    }

    /// Bytes of a string without its zero; nil where a byte before that is not the program's to read.
    @_optimize(size) private mutating func length(ofString start: UInt64) -> UInt64? {
        var count: UInt64 = 0
        while true {
            guard mayRead(start &+ count, count: 1) else { return nil }
            if memory.load8(start &+ count) == 0 { return count }
            count &+= 1
        }
    }
}

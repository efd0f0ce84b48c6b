internal import Bytecode
internal import Prototypes

/// The helpers of eBPF for Windows for memory and strings, as functions in bytecode (its ebpf_core.c and ebpf_strings.c say what they do).
///
/// Each touches what its arguments name and nothing else, so what the verifier proves of a call holds of the function. How long they run
/// depends on sizes, so programs that call them are metered (``HelperLowering``). R1 to R4 are the arguments.
enum MemoryFunctions {
    /// -EINVAL, and the STATUS_INVALID_PARAMETER and STATUS_BUFFER_OVERFLOW that the functions for strings return there.
    private static let invalid: Int64 = -22
    private static let invalidParameter: Int64 = -0x3FFF_FFF3
    private static let overflow: Int64 = -0x7FFF_FFFB

    /// Replaces all calls; whether there was any.
    static func lower(_ code: inout AppendedCode) -> Bool {
        var any = false
        func replace(_ helper: WindowsNumbers.Helper, by append: (inout AppendedCode) -> Void) {
            if code.replace(helper: helper.rawValue, by: append) { any = true }
        }
        replace(.copyMemory, by: move)
        replace(.moveMemory, by: move)
        replace(.compareMemory, by: compare)
        replace(.setMemory, by: fill)
        replace(.copyString, by: copyString)
        replace(.appendString, by: appendString)
        replace(.measureString, by: measureString)
        replace(.imagePath, by: imagePath)
        return any
    }

    /// `memmove_s(destination, its size, source, its size)`, which `memcpy_s` may be too: -EINVAL where the source is larger.
    private static func move(_ code: inout AppendedCode) {
        code.set(0, to: invalid)
        let isTooLarge = code.jump(.jumpGreater64Register, 4, 2)
        code.set(0, to: 0)
        // What lies higher is written from its end on, so that nothing is overwritten that was not read.
        let isHigher = code.jump(.jumpGreater64Register, 1, 3)
        let forward = code.here
        let tail = code.jump(.jumpLess64Immediate, 4, immediate: 8)
        code.put(.load64, 5, 3)
        code.put(.store64Register, 1, 5)
        code.add(8, to: 1, 3)
        code.add(-8, to: 4)
        code.jump(to: forward)
        code.land(tail)
        let byte = code.here
        let isDone = code.jump(.jumpEqual64Immediate, 4)
        code.put(.load8, 5, 3)
        code.put(.store8Register, 1, 5)
        code.add(1, to: 1, 3)
        code.add(-1, to: 4)
        code.jump(to: byte)

        code.land(isHigher)
        code.put(.add64Register, 1, 4)
        code.put(.add64Register, 3, 4)
        let backward = code.here
        let front = code.jump(.jumpLess64Immediate, 4, immediate: 8)
        code.add(-8, to: 1, 3, 4)
        code.put(.load64, 5, 3)
        code.put(.store64Register, 1, 5)
        code.jump(to: backward)
        code.land(front)
        let last = code.here
        let isAtStart = code.jump(.jumpEqual64Immediate, 4)
        code.add(-1, to: 1, 3, 4)
        code.put(.load8, 5, 3)
        code.put(.store8Register, 1, 5)
        code.jump(to: last)
        code.land(isTooLarge, isDone, isAtStart)
        code.exit()
    }

    /// `memcmp_s(first, its size, second, its size)`: -1, 0 or 1; of two that begin alike the shorter is less.
    private static func compare(_ code: inout AppendedCode) {
        // Eight bytes at a time, as long as they are the same.
        let word = code.here
        let ends = [
            code.jump(.jumpLess64Immediate, 2, immediate: 8), code.jump(.jumpLess64Immediate, 4, immediate: 8),
        ]
        code.put(.load64, 5, 1)
        code.put(.load64, 6, 3)
        let differsInWord = code.jump(.jumpNotEqual64Register, 5, 6)
        code.add(8, to: 1, 3)
        code.add(-8, to: 2, 4)
        code.jump(to: word)
        for end in ends { code.land(end) }
        code.land(differsInWord)
        let byte = code.here
        let firstEnds = code.jump(.jumpEqual64Immediate, 2)
        code.set(0, to: 1)
        let secondEnds = code.jump(.jumpEqual64Immediate, 4)
        code.put(.load8, 5, 1)
        code.put(.load8, 6, 3)
        let differs = code.jump(.jumpNotEqual64Register, 5, 6)
        code.add(1, to: 1, 3)
        code.add(-1, to: 2, 4)
        code.jump(to: byte)
        code.land(firstEnds)
        code.set(0, to: 0)
        let areEqual = code.jump(.jumpEqual64Immediate, 4)
        code.set(0, to: -1)
        let isShorter = code.jump()
        code.land(differs)
        let isGreater = code.jump(.jumpGreater64Register, 5, 6)
        code.set(0, to: -1)
        code.land(secondEnds, areEqual, isShorter, isGreater)
        code.exit()
    }

    /// `memset(memory, size, value)`. There it returns the address, which is nobody's business here: 0.
    private static func fill(_ code: inout AppendedCode) {
        code.put(.and64Immediate, 3, immediate: 0xFF)
        code.put(.loadImmediate64, 4, immediate: 0x0101_0101_0101_0101)
        // The second slot of the wide immediate.
        code.put(.wideImmediateTail)
        code.put(.mul64Register, 3, 4)
        code.set(0, to: 0)
        let word = code.here
        let tail = code.jump(.jumpLess64Immediate, 2, immediate: 8)
        code.put(.store64Register, 1, 3)
        code.add(8, to: 1)
        code.add(-8, to: 2)
        code.jump(to: word)
        code.land(tail)
        let byte = code.here
        let isDone = code.jump(.jumpEqual64Immediate, 2)
        code.put(.store8Register, 1, 3)
        code.add(1, to: 1)
        code.add(-1, to: 2)
        code.jump(to: byte)
        code.land(isDone)
        code.exit()
    }

    /// `strnlen_s(string, size)`.
    private static func measureString(_ code: inout AppendedCode) {
        code.set(0, to: 0)
        let isNull = code.jump(.jumpEqual64Immediate, 1)
        let byte = code.here
        let isWhole = code.jump(.jumpEqual64Register, 0, 2)
        code.put(.load8, 3, 1)
        let isEnd = code.jump(.jumpEqual64Immediate, 3)
        code.add(1, to: 0, 1)
        code.jump(to: byte)
        code.land(isNull, isWhole, isEnd)
        code.exit()
    }

    /// `strncpy_s(destination, its size, source, most)`: what is behind the end is filled with zeros; what does not fit is cut, and said so.
    private static func copyString(_ code: inout AppendedCode) {
        code.set(0, to: invalidParameter)
        let isEmpty = code.jump(.jumpEqual64Immediate, 2)
        copyAndFill(&code)
        code.land(isEmpty)
        code.exit()
    }

    /// `strncat_s(destination, its size, source, most)`: the same from the end of the string in the destination on, which must have one.
    private static func appendString(_ code: inout AppendedCode) {
        code.set(0, to: invalidParameter)
        let search = code.here
        let hasNoEnd = code.jump(.jumpEqual64Immediate, 2)
        code.put(.load8, 5, 1)
        let end = code.jump(.jumpEqual64Immediate, 5)
        code.add(1, to: 1)
        code.add(-1, to: 2)
        code.jump(to: search)
        code.land(end)
        copyAndFill(&code)
        code.land(hasNoEnd)
        code.exit()
    }

    /// `process_get_image_path(context, path, its size)`: how many bytes there are, or -EINVAL where that is more than fit. The path lies behind the
    /// command line, its size before it (``Event/hidden``). What it leaves of the destination is filled with zeros, as the proof has it.
    private static func imagePath(_ code: inout AppendedCode) {
        code.put(.load64, 4, 1, offset: 8)  // command_end
        code.put(.load32, 5, 4)
        code.copy(0, from: 5)
        let isTooLarge = code.jump(.jumpGreater64Register, 5, 3)
        code.add(4, to: 4)
        let byte = code.here
        let isWhole = code.jump(.jumpEqual64Immediate, 5)
        code.put(.load8, 1, 4)
        code.put(.store8Register, 2, 1)
        code.add(1, to: 2, 4)
        code.add(-1, to: 3, 5)
        code.jump(to: byte)
        code.land(isTooLarge)
        code.set(0, to: invalid)
        code.land(isWhole)
        let fill = code.here
        let isFull = code.jump(.jumpEqual64Immediate, 3)
        code.put(.store8Immediate, 2)
        code.add(1, to: 2)
        code.add(-1, to: 3)
        code.jump(to: fill)
        code.land(isFull)
        code.exit()
    }

    /// R2 is not 0. Ends behind its last instruction.
    private static func copyAndFill(_ code: inout AppendedCode) {
        code.set(0, to: 0)
        let byte = code.here
        let isAllThatIsWanted = code.jump(.jumpEqual64Immediate, 4)
        code.put(.load8, 5, 3)
        let isEnd = code.jump(.jumpEqual64Immediate, 5)
        let hasRoom = code.jump(.jumpNotEqual64Immediate, 2, immediate: 1)
        code.set(0, to: overflow)
        let isCut = code.jump()
        code.land(hasRoom)
        code.put(.store8Register, 1, 5)
        code.add(1, to: 1, 3)
        code.add(-1, to: 2, 4)
        code.jump(to: byte)
        code.land(isAllThatIsWanted, isEnd, isCut)
        let fill = code.here
        let isFull = code.jump(.jumpEqual64Immediate, 2)
        code.put(.store8Immediate, 1)
        code.add(1, to: 1)
        code.add(-1, to: 2)
        code.jump(to: fill)
        code.land(isFull)
    }
}

import Prototypes
import Testing

/// Every helper in every type of programs that may call it, as the running kernel's verifier sees it.
@Suite("Helpers, asked of the kernel", .enabled(if: KernelVerifier.isUsable, KernelVerifier.reason))
struct KernelCallTests {
    /// Helpers whose arguments nothing here can make: objects that only trampolines, iterators and devices hand out.
    private static let outOfReach: Set<UInt32> = [
        77, 78, 92, 111, 116, 121, 126, 127, 145, 146, 147, 150, 153, 154, 159, 161, 162, 183, 184, 185, 193, 194, 210,
        211,
    ]

    /// What a test asks about: every pair that this kernel knows and that a call can be written for.
    private static let calls: [(row: ProgramDescriptor, helper: HelperPrototype)] = KernelVerifier.rows.flatMap { row in
        HelperPrototype.all.filter { helper in
            row.helpers.contains(helper.id) && KernelVerifier.offers(helper.id)
                && (row.maySleep ? helper.maps.isSubset(of: .forSleepers) : !helper.traits.contains(.sleeps))
                && (try? LegalCall(helper, in: row)) != nil
        }
        .map { (row, $0) }
    }

    private static func answer(
        _ helper: HelperPrototype, _ row: ProgramDescriptor, _ change: LegalCall.Change = .nothing,
        license: String = "GPL"
    ) -> KernelVerifier.Answer? {
        (try? LegalCall(helper, in: row, change)).map { KernelVerifier.load(row, license: license, code: $0.code) }
    }

    @Test("a call as the row wants it is accepted, for all helpers but the named few")
    func legalCalls() {
        var asked: Set<UInt32> = []
        for (row, helper) in Self.calls {
            asked.insert(helper.id)
            guard let answer = Self.answer(helper, row) else { continue }
            #expect(answer.isAccepted, "\(helper.name) in \(row.label): \(answer.complaint)")
        }
        for helper in HelperPrototype.all where helper.id != 0 && KernelVerifier.offers(helper.id) {
            #expect(
                asked.contains(helper.id) != Self.outOfReach.contains(helper.id), "nobody asked about \(helper.name)")
        }
    }

    @Test("an argument that is not set is refused, up to the last one")
    func countOfArguments() {
        for (row, helper) in Self.once {
            for index in 0..<helper.arguments.used where helper.arguments[index] != .optional {
                // R1 is the context from the start, and where nothing else was called it still is.
                guard index > 0, let answer = Self.answer(helper, row, .missing(index)) else { continue }
                // Linux forgot the third argument of get_branch_snapshot, whose flags must be 0.
                guard helper.id != 176 else { continue }
                #expect(
                    answer.complaint == "R\(index + 1) !read_ok", "\(helper.name) \(index + 1): \(answer.complaint)")
            }
        }
    }

    @Test("a number is refused where a pointer belongs, and 0 too unless the row allows it")
    func kindsOfArguments() {
        for (row, helper) in Self.once {
            let arguments = helper.arguments(in: row)
            for index in 0..<arguments.used {
                let argument = arguments[index]
                guard argument.isPointer else { continue }
                if let answer = Self.answer(helper, row, .number(index, 1)) {
                    #expect(!answer.isAccepted, "\(helper.name) takes 1 as argument \(index + 1)")
                }
                if let answer = Self.answer(helper, row, .nothing.zero(index, of: helper)) {
                    #expect(
                        answer.isAccepted == argument.mayBeNull,
                        "\(helper.name), 0 as argument \(index + 1): \(answer.complaint)")
                }
            }
        }
    }

    @Test("a size of 0 is accepted where the row allows it, and one beyond the memory nowhere")
    func sizes() {
        for (row, helper) in Self.once {
            for index in 0..<helper.arguments.used {
                let argument = helper.arguments[index]
                guard argument == .size || argument == .sizeOrZero else { continue }
                if let answer = Self.answer(helper, row, .number(index, 0)) {
                    #expect(
                        answer.isAccepted == (argument == .sizeOrZero), "\(helper.name), size 0: \(answer.complaint)")
                }
                if let answer = Self.answer(helper, row, .tooLong(index)) {
                    #expect(!answer.isAccepted, "\(helper.name) takes a size beyond its memory")
                }
            }
        }
    }

    @Test("memory of a fixed size is as long as the row says")
    func fixedSizes() {
        for (row, helper) in Self.once {
            for index in 0..<helper.arguments.used {
                let size: Int32
                switch helper.arguments[index] {
                case .readable20: size = 20
                case .readable40: size = 40
                case .int32Updated, .int32Out: size = 4
                case .int64Out: size = 8
                default: continue
                }
                for count in [size, size - 4] where count > 0 {
                    guard let answer = Self.answer(helper, row, .lastBytes(index, count)) else { continue }
                    #expect(
                        answer.isAccepted == (count == size),
                        "\(helper.name) argument \(index + 1), \(count) bytes: \(answer.complaint)")
                }
            }
        }
    }

    @Test("callbacks are given what the row says, and return what it says")
    func callbacks() {
        var shapes: Set<CallbackShape> = []
        for (row, helper) in Self.once {
            guard let shape = helper.callback else { continue }
            shapes.insert(shape)
            for result: Int32 in [-1, 0, 1, 2] {
                guard let call = try? LegalCall(helper, in: row, .nothing, before: { $0.callbackResult = result })
                else {
                    continue
                }
                let answer = KernelVerifier.load(row, code: call.code)
                #expect(
                    answer.isAccepted == shape.results.contains(Int64(result)),
                    "\(helper.name) and \(result): \(answer.complaint)")
            }
            for register: UInt8 in 1...5 {
                guard let call = try? LegalCall(helper, in: row, .nothing, before: { $0.callbackReads = register })
                else {
                    continue
                }
                let isUnset = KernelVerifier.load(row, code: call.code).complaint == "R\(register) !read_ok"
                #expect(isUnset == (register > shape.argumentCount), "\(helper.name) R\(register)")
            }
        }
        #expect(shapes.count == CallbackShape.allCases.count)
    }

    @Test("memory that is written must be writable, memory that is read need not be")
    func directions() {
        for (row, helper) in Self.once {
            for index in 0..<helper.arguments.used {
                guard let writes = helper.arguments[index].writes,
                    let answer = Self.answer(helper, row, .readOnly(index))
                else { continue }
                #expect(
                    answer.isAccepted == !writes, "\(helper.name) argument \(index + 1): \(answer.complaint)")
            }
        }
    }

    @Test("packet memory will do where helper and type say so, and nowhere else")
    func packetArguments() {
        for (row, helper) in Self.calls where LegalCall.packetFields(of: row) != nil {
            for index in 0..<helper.arguments.used where helper.arguments[index].writes == false {
                guard let answer = Self.answer(helper, row, .packet(index)) else { continue }
                #expect(
                    answer.isAccepted
                        == (helper.traits.contains(.acceptsPacket) && row.mayPassPacket || row.isPacketPlain),
                    "\(helper.name) argument \(index + 1) in \(row.label): \(answer.complaint)")
            }
        }
    }

    @Test("a pointer into the packet is good after a call exactly where the row does not say otherwise")
    func packetAfterwards() {
        var invalidating: Set<UInt32> = []
        for (row, helper) in Self.calls where LegalCall.packetFields(of: row) != nil {
            // From the outermost function a tail call that succeeds does not return, so here the kernel lets pointers
            // live.
            guard helper.result != .tailCall,
                let answer = Self.answer(helper, row, .packetAfterwards)
            else { continue }
            if helper.traits.contains(.invalidatesPacket) { invalidating.insert(helper.id) }
            #expect(
                answer.isAccepted == !helper.traits.contains(.invalidatesPacket),
                "\(helper.name) in \(row.label): \(answer.complaint)")
        }
        for helper in HelperPrototype.all where helper.traits.contains(.invalidatesPacket) && helper.id != 12 {
            #expect(invalidating.contains(helper.id), "nobody asked whether \(helper.name) invalidates")
        }
    }

    @Test("what a helper acquires has to be given back")
    func acquisitions() {
        for (row, helper) in Self.once where helper.traits.contains(.acquires) {
            guard let answer = Self.answer(helper, row, .keep) else { continue }
            #expect(
                answer.complaint.contains("reference leak") || answer.complaint.contains("Unreleased"),
                "\(helper.name): \(answer.complaint)")
        }
    }

    @Test("what was given back cannot be used")
    func releases() {
        for (row, helper) in Self.once where helper.traits.contains(.releases) {
            guard let answer = Self.answer(helper, row, .useReleased) else { continue }
            #expect(!answer.isAccepted, "\(helper.name) does not release")
        }
    }

    @Test("a licence other than the GPL is refused for the rows that say so")
    func licences() {
        for (row, helper) in Self.calls {
            // One number, several rows of Linux: the stack of a perf event and the address of a probe of many
            // functions.
            guard helper.id != 27, helper.id != 173, !helper.arguments.usesTask,
                let answer = Self.answer(helper, row, license: "Proprietary")
            else { continue }
            #expect(
                answer.isAccepted == !helper.traits.contains(.gplOnly),
                "\(helper.name) in \(row.label): \(answer.complaint)")
        }
    }

    @Test("a helper that sleeps is refused where sleeping is")
    func sleeping() {
        for helper in HelperPrototype.all where helper.traits.contains(.sleeps) {
            for row in KernelVerifier.rows where !row.maySleep && row.helpers.contains(helper.id) {
                guard let answer = Self.answer(helper, row) else { continue }
                #expect(!answer.isAccepted, "\(helper.name) in \(row.label)")
            }
        }
    }

    /// Each helper in the first row that has it.
    private static let once: [(row: ProgramDescriptor, helper: HelperPrototype)] = {
        var seen: Set<UInt32> = []
        return calls.filter { seen.insert($0.helper.id).inserted }
    }()
}

extension HelperArgument {
    var isPointer: Bool {
        switch self {
        case .unused, .anything, .scalar, .optional, .size, .sizeOrZero, .allocationSize: false
        default: true
        }
    }

    var mayBeNull: Bool {
        switch self {
        case .mapValueOrNull, .readableMemoryOrNull, .updatedMemoryOrNull, .writableMemoryOrNull, .contextOrNull,
            .socketOrNull, .kernelObjectOrNull, .stackOrNull:
            true
        default: false
        }
    }

    /// Whether the helper writes to the memory; nil where it takes none.
    var writes: Bool? {
        switch self {
        case .mapKey, .mapValue, .mapValueOrNull, .readableMemory, .readableMemoryOrNull, .readable20, .readable40:
            false
        case .mapValueOut, .updatedMemory, .updatedMemoryOrNull, .writableMemory, .writableMemoryOrNull, .keptMemory,
            .int32Updated, .int32Out, .int64Out:
            true
        default: nil
        }
    }
}

extension [5 of HelperArgument] {
    fileprivate var usesTask: Bool { contains(.kernelObject) || contains(.kernelObjectOrNull) }
}

extension LegalCall.Change {
    /// 0 for a pointer; its size is 0 then, too.
    fileprivate func zero(_ index: Int, of helper: HelperPrototype) -> LegalCall.Change {
        let isSized = index < 4 && helper.arguments[index + 1] == .sizeOrZero
        return isSized ? .nullMemory(index) : .number(index, 0)
    }
}

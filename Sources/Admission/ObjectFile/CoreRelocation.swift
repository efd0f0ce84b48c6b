import Bytecode
import ProgramPackage
import Prototypes

/// What one CO-RE relocation asks (`enum bpf_core_relo_kind`, include/uapi/linux/bpf.h).
enum CoreQuestion: UInt32, Sendable {
    case fieldByteOffset = 0
    case fieldByteSize, fieldExists, fieldSigned, fieldLeftShift, fieldRightShift
    case localTypeID, targetTypeID, typeExists, typeSize
    case enumeratorExists, enumeratorValue, typeMatches
}

/// What a CO-RE relocation is answered with.
enum CoreAnswer: Equatable, Sendable {
    /// What the code is to have instead of what its author's kernel had.
    case number(UInt64)
    /// The same for the place of a field that has another size: loads and stores of it change theirs, if they can.
    case resized(UInt64, from: UInt32, to: UInt32?)
    /// What the compiler put there, because the author's layout is the one here.
    case asCompiled
    /// There is no such thing; code that gets to where it needs it is wrong.
    case absent

    var number: UInt64? {
        switch self {
        case .number(let number), .resized(let number, _, _): number
        case .asCompiled, .absent: nil
        }
    }
}

/// Answers CO-RE relocations, as libbpf does with a kernel's types (`tools/lib/bpf/relo_core.c`): about the structures that programs see here
/// from what is known of them (``PublishedLayout``), and about others from the types that somebody has given. Without these, a question
/// about another type has no answer: its program does not run.
struct CoreRelocator {
    let types: BTF
    let target: CoreTarget?

    /// Nil where nothing here answers.
    func answer(to record: BTFExtension.CoreRecord) throws(ObjectError) -> CoreAnswer? {
        guard let question = CoreQuestion(rawValue: record.kind) else {
            throw problem(record, .coreQuestion(record.kind))
        }
        if question == .localTypeID { return .asCompiled }
        if let answer = try published(question, record) { return answer }
        return try given(question, record)
    }

    /// What somebody's types say; nil where nobody gave any, or where it cannot be told.
    private func given(
        _ question: CoreQuestion, _ record: BTFExtension.CoreRecord
    ) throws(ObjectError) -> CoreAnswer? {
        guard let target else { return nil }
        guard let local = types.record(record.type),
            let access = try CoreAccess(root: record.type, indices: accessSteps(record), question, types)
        else { throw problem(record, .coreAccess) }
        guard let name = types.stringBytes(local.name), !name.isEmpty else { return nil }
        var found: (access: CoreAccess, value: CoreValue?)?
        for candidate in target.candidates(for: local, named: name) {
            guard let match = try target.match(access, question, in: types, candidate: candidate) else { continue }
            let value = try CoreValue.of(question, match, in: target.types)
            if let found, found.value?.number != value?.number || found.access.bitOffset != match.bitOffset {
                throw problem(
                    record,
                    .coreAmbiguous(
                        type: PackageText.cleaned(name, limit: PackageLimits.nameBytes, allowingTabs: false)))
            }
            if found == nil { found = (match, value) }
        }
        let value: CoreValue?
        if let found { value = found.value } else { value = try CoreValue.of(question, nil, in: target.types) }
        guard let value else { return .absent }
        guard let own = try CoreValue.of(question, access, in: types)?.load, let load = value.load,
            own.size != load.size
        else { return .number(value.number) }
        let fits = own.form == load.form && own.form != .other
        return .resized(value.number, from: own.size, to: fits ? load.size : nil)
    }

    /// What is known here of the structures that programs see.
    private func published(
        _ question: CoreQuestion, _ record: BTFExtension.CoreRecord
    ) throws(ObjectError) -> CoreAnswer? {
        let root = try types.resolved(record.type)
        guard let structure = types.record(root), structure.kind == .structure,
            let layout = PublishedLayout.all[try plainName(structure.name)]
        else { return nil }
        switch question {
        case .typeExists: return .number(1)
        case .typeMatches: return .number(try hasMembers(of: structure, layout) ? 1 : 0)
        case .typeSize: return .number(UInt64(layout.size))
        case .fieldExists, .fieldByteOffset, .fieldByteSize, .fieldSigned:
            if try isSameBits(record, in: root, layout) { return .asCompiled }
            guard let place = try place(record, in: root, layout) else {
                return question == .fieldExists ? .number(0) : nil
            }
            return switch question {
            case .fieldExists: .number(1)
            case .fieldByteOffset: .number(UInt64(place.offset))
            case .fieldByteSize: .number(UInt64(place.size))
            // No field of bits is signed here (include/uapi/linux), and of others nobody asks.
            default: .number(0)
            }
        case .fieldLeftShift, .fieldRightShift: return try isSameBits(record, in: root, layout) ? .asCompiled : nil
        // Numbers that types have in a kernel.
        case .localTypeID, .targetTypeID, .enumeratorExists, .enumeratorValue: return nil
        }
    }

    /// Whether every member of the author's structure is one here too, and as large.
    private func hasMembers(of structure: BTF.TypeRecord, _ layout: PublishedLayout) throws(ObjectError) -> Bool {
        for index in 0..<structure.count {
            let member = types.member(index, of: structure)
            let name = try types.name(member.name, "a member", mayBeEmpty: true)
            // What has no name is a union of the header's, for a pointer of whatever width.
            if name.isEmpty { continue }
            if member.bitSize > 0 {
                guard let bits = layout.bits[name], UInt32(bits.count) == member.bitSize else { return false }
            } else {
                guard let field = layout.fields[name], try types.size(of: member.type) == field.size else {
                    return false
                }
            }
        }
        return true
    }

    /// A name without its flavour: `name___what` is `name` in a layout of its own.
    private func plainName(_ offset: UInt32) throws(ObjectError) -> String {
        let name = try types.name(offset, "a type", mayBeEmpty: true)
        guard let end = name.firstRange(of: "___")?.lowerBound, end > name.startIndex else { return name }
        return String(name[..<end])
    }

    /// Whether the access leads to a field of bits that is where it is here.
    private func isSameBits(
        _ record: BTFExtension.CoreRecord, in root: UInt32, _ layout: PublishedLayout
    ) throws(ObjectError) -> Bool {
        let steps = try accessSteps(record)
        guard !layout.bits.isEmpty, steps.count == 2, steps[0] == 0, let type = types.record(root),
            steps[1] < type.count
        else { return false }
        let member = types.member(steps[1], of: type)
        let (end, overflows) = member.bitOffset.addingReportingOverflow(member.bitSize)
        guard !overflows, member.bitSize > 0 else { return false }
        return layout.bits[try types.name(member.name, "a member", mayBeEmpty: true)] == member.bitOffset..<end
    }

    /// Where the field is here that the access of the author's types leads to; nil where there is none of that name.
    private func place(
        _ record: BTFExtension.CoreRecord, in root: UInt32, _ layout: PublishedLayout
    ) throws(ObjectError) -> PublishedLayout.Field? {
        var steps = try accessSteps(record)
        // The first is the element of an array of the structure, as if it were one.
        guard steps.removeFirst() == 0 else { return nil }
        var current = root
        var field: PublishedLayout.Field?
        for step in steps {
            guard let type = types.record(current) else { throw problem(record, .coreAccess) }
            switch type.kind {
            case .structure, .union:
                guard step < type.count else { throw problem(record, .coreAccess) }
                let member = types.member(step, of: type)
                let name = try types.name(member.name, "a member", mayBeEmpty: true)
                // What is inside of a union without a name is a member of what the union is in.
                if let whole = field {
                    guard layout.isWireFormat, let part = try part(member, of: whole) else { return nil }
                    field = part
                } else if !name.isEmpty {
                    guard let found = layout.fields[name] else { return nil }
                    field = found
                }
                current = try types.resolved(member.type)
            case .array:
                let (element, _) = types.array(type)
                let size = try types.size(of: element)
                let (start, overflows) = size.multipliedReportingOverflow(by: UInt32(clamping: step))
                guard let whole = field, !overflows, size > 0, start <= whole.size, whole.size - start >= size else {
                    return nil
                }
                field = PublishedLayout.Field(offset: whole.offset + start, size: size)
                current = try types.resolved(element)
            case .integer, .pointer, .enumeration, .forward, .typedef, .volatile, .const, .restrict, .function,
                .functionPrototype, .variable, .dataSection, .float, .declarationTag, .typeTag, .enumeration64:
                throw problem(record, .coreAccess)
            }
        }
        return field
    }

    /// A member of a field: an address in an address of IPv6.
    private func part(
        _ member: BTF.Member, of whole: PublishedLayout.Field
    ) throws(ObjectError) -> PublishedLayout.Field? {
        let (start, size) = (member.bitOffset / 8, try types.size(of: try types.resolved(member.type)))
        guard member.bitSize == 0, member.bitOffset % 8 == 0, start <= whole.size, whole.size - start >= size else {
            return nil
        }
        return PublishedLayout.Field(offset: whole.offset + start, size: size)
    }

    /// The numbers of an access string: `0:3:1`.
    private func accessSteps(_ record: BTFExtension.CoreRecord) throws(ObjectError) -> [Int] {
        guard let bytes = types.stringBytes(record.access) else { throw problem(record, .coreAccess) }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.count <= CoreAccess.mostLevels else { throw problem(record, .coreAccess) }
        var steps: [Int] = []
        for part in parts {
            guard (1...5).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw problem(record, .coreAccess)
            }
            steps.append(part.reduce(0) { $0 * 10 + Int($1 - 0x30) })
        }
        return steps
    }

    private func problem(_ record: BTFExtension.CoreRecord, _ problem: BTFProblem) -> ObjectError {
        BTFExtension.problem(Int(record.offset), problem)
    }
}

extension CoreAnswer {
    /// Puts the answer into an instruction, in the place that its operation has for it: the displacement of a load or store, the immediate of
    /// arithmetic, of a store or of a 64-bit constant. False where it has none, or where the answer does not fit.
    func put(into code: inout [Slot], at place: Int) -> Bool {
        let isWide = code[place].opcode == 0x18
        guard !isWide || place + 1 < code.count else { return false }
        let (number, sizes): (UInt64, (from: UInt32, to: UInt32?)?)
        switch self {
        case .asCompiled: return true
        case .absent:
            code[place] = AbsentCall.type.slot
            if isWide { code[place + 1] = AbsentCall.type.slot }
            return true
        case .number(let answer): (number, sizes) = (answer, nil)
        case .resized(let answer, let from, let to): (number, sizes) = (answer, (from, to))
        }
        switch code[place].opcode & 7 {
        case 0:
            guard isWide, code[place].source == 0 else { return false }
            code[place].immediate = Int32(truncatingIfNeeded: number)
            code[place + 1].immediate = Int32(truncatingIfNeeded: number >> 32)
        case 4, 7:
            // Arithmetic with an immediate.
            guard code[place].opcode & 8 == 0, let value = Int32(exactly: Int64(bitPattern: number)) else {
                return false
            }
            code[place].immediate = value
        case 1, 2, 3:
            guard let offset = Int16(exactly: Int64(bitPattern: number)) else { return false }
            if let sizes {
                guard Self.bytes(of: code[place]) == sizes.from else { return false }
                guard let bits = sizes.to.flatMap(Self.sizeBits) else {
                    // A number with a sign, or something that is no number: no load of another size is the same.
                    code[place] = AbsentCall.type.slot
                    return true
                }
                code[place].opcode = code[place].opcode & ~0x18 | bits
            }
            code[place].offset = offset
        default: return false
        }
        return true
    }

    /// BPF_W, BPF_H, BPF_B, BPF_DW.
    private static let sizes: [(bits: UInt8, bytes: UInt32)] = [(0x00, 4), (0x08, 2), (0x10, 1), (0x18, 8)]

    private static func bytes(of slot: Slot) -> UInt32? { sizes.first { $0.bits == slot.opcode & 0x18 }?.bytes }

    private static func sizeBits(_ bytes: UInt32) -> UInt8? { sizes.first { $0.bytes == bytes }?.bits }
}

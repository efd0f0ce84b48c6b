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
    case number(UInt32)
    /// What the compiler put there, because the author's layout is the one here.
    case asCompiled
}

/// Answers CO-RE relocations about the structures that programs see here (``PublishedLayout``), as libbpf does with a kernel's types
/// (`tools/lib/bpf/relo_core.c`). A question about another type has no answer: its program does not run.
struct CoreRelocator {
    let types: BTF

    /// Levels of members and elements in one access: `__sk_buff.cb[1]` has two.
    static let mostSteps = 16

    /// Nil where nothing here answers.
    func answer(to record: BTFExtension.CoreRecord) throws(ObjectError) -> CoreAnswer? {
        guard let question = CoreQuestion(rawValue: record.kind) else {
            throw problem(record, .coreQuestion(record.kind))
        }
        let root = try types.resolved(record.type)
        guard let structure = types.record(root), structure.kind == .structure,
            let layout = PublishedLayout.all[try plainName(structure.name)]
        else { return nil }
        switch question {
        case .typeExists, .typeMatches: return .number(1)
        case .typeSize: return .number(layout.size)
        case .fieldExists, .fieldByteOffset, .fieldByteSize, .fieldSigned:
            if try isSameBits(record, in: root, layout) { return .asCompiled }
            guard let place = try place(record, in: root, layout) else {
                return question == .fieldExists ? .number(0) : nil
            }
            return switch question {
            case .fieldExists: .number(1)
            case .fieldByteOffset: .number(place.offset)
            case .fieldByteSize: .number(place.size)
            // No field of a context or a header is signed (include/uapi/linux).
            default: .number(0)
            }
        case .fieldLeftShift, .fieldRightShift: return try isSameBits(record, in: root, layout) ? .asCompiled : nil
        // Numbers that types have in a kernel.
        case .localTypeID, .targetTypeID, .enumeratorExists, .enumeratorValue: return nil
        }
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
        guard !parts.isEmpty, parts.count <= Self.mostSteps else { throw problem(record, .coreAccess) }
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

extension Slot {
    /// The slot with the answer to a relocation in the place that its operation has for it: the displacement of a load or store,
    /// the immediate of arithmetic, of a store or of a 64-bit constant. Nil where it has none, or where the answer does not fit.
    func answered(_ answer: UInt32) -> Slot? {
        var slot = self
        switch opcode & 7 {
        case 0 where opcode == 0x18 && source == 0, 4, 7:
            // LDIMM64 and arithmetic with an immediate.
            guard opcode == 0x18 || opcode & 8 == 0, let value = Int32(exactly: answer) else { return nil }
            slot.immediate = value
        case 1, 2, 3:
            guard let offset = Int16(exactly: answer) else { return nil }
            slot.offset = offset
        default: return nil
        }
        return slot
    }
}

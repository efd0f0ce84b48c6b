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

/// Answers CO-RE relocations about the structures that programs see here (``PublishedLayout``), as libbpf does with a kernel's types
/// (`tools/lib/bpf/relo_core.c`). A question about another type has no answer: its program does not run.
struct CoreRelocator {
    let types: BTF

    /// Levels of members and elements in one access: `__sk_buff.cb[1]` has two.
    static let mostSteps = 16

    /// What the code is to have instead of what its author's kernel had; nil where nothing here answers.
    func answer(to record: BTFExtension.CoreRecord) throws(ObjectError) -> UInt32? {
        guard let question = CoreQuestion(rawValue: record.kind) else {
            throw problem(record, .coreQuestion(record.kind))
        }
        let root = try types.resolved(record.type)
        guard let structure = types.record(root), structure.kind == .structure,
            let layout = PublishedLayout.all[try plainName(structure.name)]
        else { return nil }
        switch question {
        case .typeExists, .typeMatches: return 1
        case .typeSize: return layout.size
        case .fieldExists, .fieldByteOffset, .fieldByteSize, .fieldSigned:
            guard let place = try place(record, in: root, layout) else { return question == .fieldExists ? 0 : nil }
            return switch question {
            case .fieldExists: 1
            case .fieldByteOffset: place.offset
            case .fieldByteSize: place.size
            // No field of a context is signed (include/uapi/linux/bpf.h).
            default: 0
            }
        // Of bit fields, which no context has, and of numbers that types have in a kernel.
        case .fieldLeftShift, .fieldRightShift, .localTypeID, .targetTypeID, .enumeratorExists, .enumeratorValue:
            return nil
        }
    }

    /// A name without its flavour: `name___what` is `name` in a layout of its own.
    private func plainName(_ offset: UInt32) throws(ObjectError) -> String {
        let name = try types.name(offset, "a type", mayBeEmpty: true)
        guard let end = name.firstRange(of: "___")?.lowerBound, end > name.startIndex else { return name }
        return String(name[..<end])
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
                if !name.isEmpty {
                    guard field == nil, let found = layout.fields[name] else { return nil }
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

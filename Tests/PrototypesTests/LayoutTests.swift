import Prototypes
import TestSupport
import Testing

/// Contexts beside the structures of the header, as clang lays them out.
@Suite("The layouts of contexts and linux/bpf.h", .enabled(if: KernelHeader.text != nil, "needs linux/bpf.h"))
struct LayoutTests {
    private static let layouts: [ContextDescriptor] = {
        let own: Set<String> = [
            "pt_regs", "tracepoint", "syscall", "lirc_mode2", "bpf_nf_ctx", "bpf_raw_tracepoint_args",
        ]
        let contexts = ProgramDescriptor.all.map(\.context).filter { !own.contains("\($0.name)") }
        return contexts + [ObjectLayout.socket, ObjectLayout.sockCommon, ObjectLayout.tcpSocket]
    }()

    @Test("every field lies where the header has it, and is as long")
    func offsets() throws {
        // One line for each member that the header has: a number that marks it, its offset, its size.
        var members: [(structure: String, field: String)] = []
        for layout in Self.layouts {
            for field in layout.fields {
                let member = ("\(layout.name)", "\(field.name)")
                if !members.contains(where: { $0 == member }) { members.append(member) }
            }
        }
        let header = try #require(KernelHeader.text)
        // A header that is older than a field does not know it; a union hides members only from a search for their
        // names.
        members = members.filter { header.contains($0.structure + " {") && header.contains($0.field) }
        #expect(members.count > 150)
        let marker: UInt64 = 0x6C61_796F_7574_7321
        let structures = Set(members.map(\.structure)).sorted()
        let source = """
            #include <linux/bpf.h>
            #include <linux/bpf_perf_event.h>
            const unsigned long long layout[] = { \(marker)ull,
            \(structures.map { "sizeof(struct \($0)), " }.joined())
            \(members.map { member in
                "__builtin_offsetof(struct \(member.structure), \(member.field)),"
                    + "sizeof(((struct \(member.structure) *)0)->\(member.field)),"
            }.joined(separator: "\n"))
            };
            """
        let object = try BPFCompiler.object(source, flags: ["--target=x86_64-unknown-linux-gnu", "-O1"])
        func word(_ offset: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(object[offset + $1]) << UInt64($1 * 8) } }
        let start = try #require((0..<object.count - 8).first { word($0) == marker })
        for (index, structure) in structures.enumerated() {
            let size = word(start + 8 + index * 8)
            // Structures grow at their ends.
            for layout in Self.layouts where "\(layout.name)" == structure {
                #expect(layout.size >= size, "struct \(structure)")
                #expect(layout.fields.allSatisfy { UInt64($0.offset + $0.size) <= UInt64(layout.size) })
            }
        }
        for (index, member) in members.enumerated() {
            let place = start + 8 + structures.count * 8 + index * 16
            let (offset, size) = (word(place), word(place + 8))
            for layout in Self.layouts where "\(layout.name)" == member.structure {
                for field in layout.fields where "\(field.name)" == member.field {
                    // Ports with their padding; `args` of socket operations without `reply`, which is the first of
                    // them.
                    let isPadded = ["dst_port", "remote_port"].contains(member.field) && size == 2
                    if member.structure == "bpf_sock_ops" && member.field == "args" { continue }
                    #expect(
                        UInt64(field.offset) == offset && UInt64(field.size) == (isPadded ? 4 : size),
                        "struct \(member.structure).\(member.field)")
                }
            }
        }
    }

    @Test("fields ascend and lie within their context", arguments: layouts.indices)
    func order(_ index: Int) {
        let layout = Self.layouts[index]
        var end: UInt32 = 0
        for field in layout.fields {
            #expect(field.offset >= end && field.size > 0, "\(layout.name).\(field.name)")
            end = field.offset + field.size
        }
        #expect(end <= layout.size)
    }
}

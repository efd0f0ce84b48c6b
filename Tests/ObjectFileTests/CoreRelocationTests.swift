import Bytecode
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// CO-RE relocations about what programs see here: contexts in a layout that their author made up.
@Suite("Relocations against the contexts")
struct CoreRelocationTests {
    /// As a vmlinux.h would have them, but in another order and with fields that nobody has.
    private static let types = """
        #define RELO __attribute__((preserve_access_index))
        struct xdp_md { u32 invented, data_end, rx_queue_index, data; } RELO;
        struct xdp_md___old { u32 ingress_ifindex; } RELO;
        struct __sk_buff { u32 before, cb[5], mark; union { void *sk; }; u32 len; } RELO;
        struct task { int a, pid; } RELO;
        struct syscall_trace_enter { u64 args[6]; int nr; } RELO;
        struct trace_event_raw_sys_exit { u64 ret, id; } RELO;
        #define exists(field) __builtin_preserve_field_info(field, 2)
        #define size_of(type) __builtin_preserve_type_info(*(type *)0, 1)

        """

    private func program(_ body: String, _ context: String = "struct xdp_md") throws -> Program {
        let package = try ObjectReader.read(
            CSource.compiled(Self.types + "SEC(\"xdp\") int p(\(context) *c) { \(body) }\n"))
        return try #require(package.programs.first)
    }

    /// Displacements of the loads, in order.
    private func loads(_ program: Program) -> [Int16] {
        program.code.filter { $0.opcode & 7 == 1 }.map(\.offset)
    }

    @Test("fields are where they are here, whatever the author's order")
    func offsets() throws {
        let fields = try program("volatile u32 a = c->data, b = c->data_end, d = c->rx_queue_index; return 0;")
        #expect(fields.needsRelocation.isEmpty)
        #expect(loads(fields) == [0, 4, 16])
        let call = try program(
            "volatile u64 a = c->args[0], b = c->args[5], d = c->nr; return 0;", "struct syscall_trace_enter")
        #expect(call.needsRelocation.isEmpty && loads(call) == [16, 56, 8])
        let result = try program("volatile u64 a = c->ret, b = c->id; return 0;", "struct trace_event_raw_sys_exit")
        #expect(result.needsRelocation.isEmpty && loads(result) == [16, 8])
        let flavour = try program("return ((struct xdp_md___old *)c)->ingress_ifindex;")
        #expect(flavour.needsRelocation.isEmpty && loads(flavour) == [12])
    }

    @Test("elements of arrays, fields in unions without a name, and fields that are written")
    func paths() throws {
        let element = try program("return c->cb[2];", "struct __sk_buff")
        #expect(element.needsRelocation.isEmpty && loads(element) == [56])
        let pointer = try program("return c->sk != 0;", "struct __sk_buff")
        #expect(pointer.needsRelocation.isEmpty && loads(pointer) == [168])
        let written = try program("c->mark = 7; return 0;", "struct __sk_buff")
        #expect(written.needsRelocation.isEmpty)
        #expect(written.code.contains { [2, 3].contains($0.opcode & 7) && $0.offset == 8 })
    }

    @Test("what exists, and how large it is")
    func questions() throws {
        let there = try program("return exists(c->data) * 2;")
        #expect(there.needsRelocation.isEmpty)
        #expect(there.code.contains { $0.immediate == 1 })
        let invented = try program("if (exists(c->invented)) return c->rx_queue_index; return 2;")
        #expect(invented.needsRelocation.isEmpty)
        #expect(try program("return size_of(struct xdp_md);").code.first?.immediate == 24)
        #expect(try program("return size_of(struct __sk_buff);").code.first?.immediate == 192)
    }

    @Test(
        "what is not known here is named, and the program does not run",
        arguments: [
            ("return c->invented;", "xdp_md"), ("return ((struct task *)c)->pid;", "task"),
            ("return c[1].data;", "xdp_md"),
        ])
    func unknown(body: String, type: String) throws {
        #expect(try program(body).needsRelocation == [type])
    }

    @Test("an access that leads nowhere, and a question that nobody asks, are refused by name")
    func damaged() throws {
        let object = try BPFCompiler.stripped(
            CSource.compiled(Self.types + "SEC(\"xdp\") int p(struct xdp_md *c) { return c->data; }"), flags: ["-g"])
        let clean = ObjectEditor(object)
        let section = clean.start(".BTF.ext")
        let table =
            section + Int(clean.number(at: section + 4, width: 4)) + Int(clean.number(at: section + 24, width: 4))
        let record = table + 12
        var question = clean
        question.put(13, at: record + 12, width: 4)
        let offset = Int(clean.number(at: record, width: 4))
        #expect(throws: ObjectError.btf(section: ".BTF.ext", offset: offset, .coreQuestion(13))) {
            try ObjectReader.read(question.bytes)
        }
        var access = clean
        // The name of the type instead of its access string.
        let strings = clean.start(".BTF") + 24 + Int(clean.number(at: clean.start(".BTF") + 16, width: 4))
        let text = strings + Int(clean.number(at: record + 8, width: 4))
        access.put(UInt64(UInt8(ascii: "x")), at: text, width: 1)
        #expect(throws: ObjectError.btf(section: ".BTF.ext", offset: offset, .coreAccess)) {
            try ObjectReader.read(access.bytes)
        }
    }

    @Test("headers of packets are the protocol's, in part, in bits and in parts of their fields")
    func wireFormats() throws {
        let types = """
            struct in6_addr { union { u8 u6_addr8[16]; u32 u6_addr32[4]; } in6_u; } RELO;
            typedef unsigned short u16;
            struct iphdr___part { u8 protocol; u32 daddr; } RELO;
            struct iphdr { u8 ihl : 4, version : 4, tos; u16 tot_len, id, frag_off; u8 ttl, protocol; } RELO;
            struct iphdr___odd { u8 version : 4, ihl : 4; } RELO;
            struct ipv6hdr { u8 priority : 4, version : 4, flow_lbl[3]; struct in6_addr daddr; } RELO;
            struct tcphdr___other { u16 port; } RELO;

            """
        func program(_ body: String) throws -> Program {
            let text =
                Self.types + types
                + "SEC(\"xdp\") int p(struct xdp_md *c) { void *d = (void *)(long)c->data; \(body) }\n"
            return try #require(try ObjectReader.read(CSource.compiled(text)).programs.first)
        }
        let part = try program("struct iphdr___part *h = d; return h->protocol + h->daddr;")
        #expect(part.needsRelocation.isEmpty && loads(part) == [0, 9, 16])
        let bits = try program("struct iphdr *h = d; return h->version;")
        #expect(bits.needsRelocation.isEmpty && loads(bits) == [0, 0])
        // Bits in other places mean that the code that takes them apart is wrong.
        #expect(try program("struct iphdr___odd *h = d; return h->version;").needsRelocation == ["iphdr___odd"])
        let nested = try program("struct ipv6hdr *h = d; return h->daddr.in6_u.u6_addr32[2];")
        #expect(nested.needsRelocation.isEmpty && loads(nested) == [0, 32])
        #expect(try program("struct tcphdr___other *h = d; return h->port;").needsRelocation == ["tcphdr___other"])
    }
}

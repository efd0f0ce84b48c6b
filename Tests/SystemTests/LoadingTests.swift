import Foundation
import TestSupport
import Testing

/// What objects expect from where they run, as a user declares it: `--kconfig` and `--btf`.
@Suite("Loading, from outside")
struct LoadingTests {
    private static let source = """
        #include <linux/bpf.h>
        #include <linux/version.h>
        #include <bpf/bpf_helpers.h>
        #ifndef bpf_ksym_exists
        #define bpf_ksym_exists(symbol) (!!symbol)
        #endif
        extern int LINUX_KERNEL_VERSION __kconfig;
        extern _Bool CONFIG_FIB __kconfig __weak;
        extern int CONFIG_HZ __kconfig __weak;
        extern int bpf_somewhere(struct xdp_md *context) __ksym __weak;
        char LICENSE[] SEC("license") = "GPL";
        struct bpf_fib_lookup fib;
        SEC("xdp") int p(struct xdp_md *context) {
            if (LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 18, 0)) return XDP_ABORTED;
            // A helper that only a kernel has, and a function of its own.
            if (CONFIG_FIB) return bpf_fib_lookup(context, &fib, sizeof fib, 0);
            if (bpf_ksym_exists(bpf_somewhere)) return bpf_somewhere(context);
            return CONFIG_HZ == 250 ? XDP_DROP : XDP_PASS;
        }
        """

    private static func compiled(_ source: String) throws -> [UInt8] {
        try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private static func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test(
        "values are shown, decide what is dead, and are in the digest; the host's are nowhere",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func settings() throws {
        let workshop = try Workshop()
        let object = try workshop.write("p.o", Self.compiled(Self.source))
        let config = try workshop.write("config", Array("# Linux/x86 6.1.0\nCONFIG_SMP=y\nCONFIG_HZ=250\n".utf8))
        func inspect(_ arguments: [String]) throws -> [String: Any] {
            try Self.json(Tool.run("ringfence", ["inspect", object, "--json"] + arguments).output)
        }
        func settings(_ report: [String: Any]) -> [String: String] {
            let rows = report["settings"] as? [[String: String]] ?? []
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] ?? "", $0["value"] ?? "") })
        }
        func digest(_ report: [String: Any]) -> String? {
            (report["programs"] as? [[String: Any]])?.first?["digest"] as? String
        }
        let (without, with) = (try inspect([]), try inspect(["--kconfig", config]))
        #expect(
            settings(without) == ["LINUX_KERNEL_VERSION": "396288", "CONFIG_HZ": "0", "CONFIG_FIB": "false"])
        #expect(settings(with)["CONFIG_HZ"] == "250")
        #expect(digest(without) != nil && digest(without) != digest(with))

        // Policy speaks of the same program.
        let statement = workshop.path("statement")
        let attested = try Tool.run(
            "ringfence",
            [
                "policy", "attest", object, "--author", "me", "--key", workshop.path("dev.key"), "--out", statement,
                "--kconfig", config,
            ])
        #expect(attested.status == 0 && attested.output.contains(digest(with) ?? "-"), "\(attested)")
        let explained = try Tool.run(
            "ringfence", ["policy", "explain", object, "--json", "--kconfig", config] + workshop.trusted.prefix(4))
        #expect(explained.output.contains(digest(with) ?? "-"), "\(explained)")

        let passed = try Tool.run("ringfence", ["run", object, "--json"] + workshop.trusted)
        #expect(passed.status == 0, "\(passed.errors)")
        #expect(try (Self.json(passed.output)["verdicts"] as? [String: Int])?["XDP_PASS"] ?? 0 > 1_000)
        let dropped = try Tool.run("ringfence", ["run", object, "--json", "--kconfig", config] + workshop.trusted)
        #expect(try (Self.json(dropped.output)["verdicts"] as? [String: Int])?["XDP_DROP"] ?? 0 > 1_000)

        let fib = try workshop.write("fib", Array("CONFIG_FIB=y\n".utf8))
        let refused = try Tool.run("ringfence", ["run", object, "--kconfig", fib] + workshop.trusted)
        #expect(
            refused.status == 2 && refused.errors.contains("program p calls what a cell does not have: bpf_fib_lookup"))
        let broken = try workshop.write("broken", Array("CONFIG_HZ=fast\n".utf8))
        let error = try Tool.run("ringfence", ["inspect", object, "--kconfig", broken])
        #expect(
            error.status == 2
                && error.errors.contains(
                    "line 1 gives CONFIG_HZ what is neither y, m, n, a number nor a text in quotes")
        )
    }

    @Test("a weak function of a kernel that is called all the same is refused as what it is")
    func unguarded() throws {
        let workshop = try Workshop()
        let object = try workshop.write(
            "p.o",
            Self.compiled(Self.source.replacing("if (bpf_ksym_exists(bpf_somewhere)) ", with: "if (fib.tot_len) ")))
        let ending = try Tool.run("ringfence", ["verify", object])
        #expect(ending.status == 1)
        #expect(ending.output.contains("calls a kernel's function that is declared weak, and is not here"))
    }

    @Test("types that are given make code fit, and what would read a kernel's memory is refused as before")
    func types() throws {
        let workshop = try Workshop()
        let object = try workshop.write(
            "p.o",
            Self.compiled(
                """
                #include <linux/bpf.h>
                #include <bpf/bpf_helpers.h>
                struct task_struct { int pid; int nowhere; } __attribute__((preserve_access_index));
                SEC("xdp") int asks(struct xdp_md *c) {
                    struct task_struct *t = 0;
                    if (__builtin_preserve_field_info(t->nowhere, 2)) return t->nowhere;
                    return __builtin_preserve_field_info(t->pid, 0);
                }
                SEC("xdp") int reads(struct xdp_md *c) { return ((struct task_struct *)bpf_get_current_task())->pid; }
                SEC("xdp") int absent(struct xdp_md *c) { return __builtin_preserve_field_info(((struct task_struct *)0)->nowhere, 0); }
                """))
        let types = try workshop.write(
            "types.o",
            Self.compiled(
                """
                #include <linux/bpf.h>
                #include <bpf/bpf_helpers.h>
                struct task_struct { long pad[3]; int pid; } task;
                SEC("xdp") int p(void *c) { return task.pid; }
                """))
        let without = try Tool.run("ringfence", ["inspect", object])
        #expect(without.output.contains("task_struct: does not run without them"), "\(without.output)")
        let asks = try Tool.run("ringfence", ["verify", object, "--program", "asks", "--btf", types, "--json"])
        #expect(asks.status == 0, "\(asks.output)\(asks.errors)")
        let program = try #require((Self.json(asks.output)["programs"] as? [[String: Any]])?.first)
        #expect(program["verdict"] as? String == "accepted")
        #expect((program["result"] as? [String: Any])?["least"] as? Int == 24)
        let reads = try Tool.run("ringfence", ["verify", object, "--program", "reads", "--btf", types])
        #expect(reads.status == 1)
        let absent = try Tool.run("ringfence", ["verify", object, "--program", "absent", "--btf", types])
        #expect(
            absent.status == 1
                && absent.output.contains(
                    "needs a field or a type that is not in the types")
        )
        let hostile = try workshop.write(
            "hostile", Array("not types, but long enough to have had a header of ELF's sixty-four bytes".utf8))
        let refused = try Tool.run("ringfence", ["inspect", object, "--btf", hostile])
        #expect(refused.status == 2 && refused.errors.contains("the file of types: offset 0: not an ELF file"))
    }

    @Test("a replacement of another program's function is refused as that")
    func replacement() throws {
        let workshop = try Workshop()
        let object = try workshop.write(
            "p.o",
            Self.compiled(
                """
                #include <linux/bpf.h>
                #include <bpf/bpf_helpers.h>
                SEC("freplace/get_constant") int get(long value) { return 1; }
                """))
        let ending = try Tool.run("ringfence", ["run", object] + workshop.trusted)
        #expect(ending.status == 2)
        #expect(ending.errors.contains("program get replaces a function of another program (freplace/get_constant)"))
    }
}

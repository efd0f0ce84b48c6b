import Bytecode
import Embedding
import ObjectFile
import ProgramPackage
import TestSupport
import Testing
import Verifier

@Suite("What the verifier accepts, run")
struct EmbeddingTests {
    @Test("random programs that are accepted do not go wrong, and are always in a state that the verifier knew of")
    func random() {
        var examination = Examination(inputs: 4) { verified($0) }
        for seed in 0..<700 as Range<UInt64> {
            let (code, section) = ProgramGenerator.program(seed: seed)
            let failure = examination.examine(code, section: Fixture.sections[section], seed: seed)
            #expect(failure == nil, "seed \(seed):\n\(assembly(code))")
        }
        // A generator whose programs are all refused, or all fine, would show nothing.
        #expect(examination.counts.accepted > 200)
        #expect(examination.counts.rejected > 200)
        #expect(examination.counts.statesChecked > 10_000)
        print("facts held against runs: \(examination.counts.facts)")
        for fact in InstructionFacts.all {
            #expect(examination.counts.facts[fact, default: 0] > 100, "\(fact) hardly ever occurred")
        }
    }

    @Test("a fact that is not so is found", arguments: InstructionFacts.all)
    func falseFacts(fact: InstructionFacts) throws {
        var examination = Examination(inputs: 4) { package in
            var (verification, _) = verified(package)
            guard verification.verdict.isSafe else { return (verification, nil) }
            // Said of every instruction that it can be said of, and nothing else is.
            var isSecondHalf = false
            verification.facts = package.programs[0].code.map { slot in
                defer { isSecondHalf = !isSecondHalf && slot.opcode == Program.wideImmediateOpcode }
                return InstructionFacts(sayableOf: slot, isSecondHalf: isSecondHalf).intersection(fact)
            }
            return (verification, nil)
        }
        var found = 0
        for seed in 0..<300 as Range<UInt64> {
            let (code, section) = ProgramGenerator.program(seed: seed)
            if case .fact? = examination.examine(code, section: Fixture.sections[section], seed: seed) { found += 1 }
        }
        // A quotient does not fit only where somebody divides just so.
        #expect(fact == .quotientFits ? found == 0 : found > 3)
        if fact == .quotientFits { try quotientFits(&examination) }
    }

    private func quotientFits(_ examination: inout Examination) throws {
        let code = [
            Instruction(.loadImmediate64, destination: 1, immediate: .min), Instruction(.wideImmediateTail),
            Instruction(.mov64Immediate, destination: 2, immediate: -1),
            Instruction(.sdiv64Register, destination: 1, source: 2), Instruction(.mov64Immediate), Instruction(.exit),
        ]
        guard case .fact? = examination.examine(code, section: "xdp", seed: 1) else {
            return #expect(Bool(false), "not found")
        }
    }

    // asm/types.h is in the machine's own folder on Debian.
    private static let flags = BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"]
    private static let sources = [
        """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, __u32); __type(value, __u64[4]); } seen SEC(".maps");
        SEC("xdp") int count(struct xdp_md *context) {
            unsigned char *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
            if (data + 34 > end) return 1;
            __u32 key = *(__u32 *)(data + 26);
            __u64 *value = bpf_map_lookup_elem(&seen, &key);
            if (!value) { __u64 fresh[4] = {1}; bpf_map_update_elem(&seen, &key, fresh, 0); return 2; }
            value[data[23] & 3]++;
            int length = (data[14] & 15) * 4;
            unsigned char *payload = data + 14 + length;
            asm volatile("" : "+r"(payload));
            if (payload + 8 > end) return 1;
            return payload[0] == 80 ? 1 : 2;
        }
        """,
        """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        SEC("tc") int sum(struct __sk_buff *context) {
            unsigned char bytes[32] = {};
            unsigned int count = context->len & 31, total = 0;
            if (count && bpf_skb_load_bytes(context, 0, bytes, count) < 0) return 0;
            for (unsigned int i = 0; i < 32; i++) { if (i >= count) break; total += bytes[i]; }
            context->mark = total;
            return 0;
        }
        """,
    ]

    @Test("real programs with small mistakes that are accepted all the same do not go wrong")
    func mutations() throws {
        var examination = Examination(inputs: 3) { verified($0) }
        for source in Self.sources {
            let package = try ObjectReader.read(BPFCompiler.object(source, flags: Self.flags))
            let program = package.programs[0]
            let code = try Instruction.decode(program.code)
            #expect(examination.examine(code, section: program.section, maps: package.maps, seed: 0) == nil)
            #expect(examination.counts.accepted > 0, "the original is refused")
            for seed in 1..<200 as Range<UInt64> {
                var mutator = Mutator(seed: seed)
                let changed = mutator.mutated(code)
                let failure = examination.examine(changed, section: program.section, maps: package.maps, seed: seed)
                #expect(failure == nil, "seed \(seed):\n\(assembly(changed))")
            }
        }
        #expect(examination.counts.accepted > 50)
    }

    @Test("an unsafe program that were accepted would be found")
    func wouldBeFound() throws {
        var found = 0
        var examination = Examination(inputs: 4) { _ in (ProgramVerification(program: 0, verdict: .accepted), nil) }
        for seed in 0..<500 as Range<UInt64> {
            let (code, section) = ProgramGenerator.program(seed: seed)
            if examination.examine(code, section: Fixture.sections[section], seed: seed) != nil { found += 1 }
        }
        #expect(found > 30)
    }

    @Test("a failing program is made smaller and fails still")
    func shrinking() {
        let (code, _) = ProgramGenerator.program(seed: 4)
        let small = Shrinker.shrunk(code) { $0.contains { $0.operation == .exit } }
        #expect(small.count == 1)
    }
}

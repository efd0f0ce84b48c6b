import CAllocations
import Glibc
import Linux
import PolicyCore
import PolicyTesting
import PolicyTrust

// Times a decision and the loading of a policy, for several numbers of rules, and counts what a decision allocates: nothing, or the exit status
// is 1. A line of JSON for each number of rules. Code that is not optimised allocates for its own sake, so then it is only counted.

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2_000

let isOptimised = !_isDebugAssertConfiguration()

/// A policy as a site would write it: each rule asks for a type, a digest or a signer, helpers and a size, so that most are decided by
/// different facts; the one that permits is the last.
func policy(rules: Int) -> String {
    var text = """
        schema = "ringfence-policy/v1"
        kind = "base"
        id = "timing"
        version = 1
        issued = 2026-01-01T00:00:00Z
        expires = 2027-01-01T00:00:00Z
        mode = "enforce"

        """
    for index in 0..<rules {
        let digits = String(index + 1, radix: 16)
        let digest = String(repeating: "0", count: 64 - digits.count) + digits
        let (effect, tier) = index % 4 == 3 ? ("forbid", "interp-guest") : ("permit", "interp-guest")
        let condition =
            switch index % 4 {
            case 0: "program = [\"bpf-prog:v1:sha256:\(digest)\"], type = [\"xdp\"]"
            case 1: "type = [\"xdp\", \"sched_cls\"], \"insns.max\" = \(index < rules - 4 ? 499 : 500)"
            case 2:
                "type = [\"cgroup_sock_addr\"], attach = [\"cgroup_inet4_connect\"], helpers_subset = [\"bpf_map_lookup_elem\", \"bpf_ktime_get_ns\"]"
            case _: "type = [\"sched_cls\"], helpers_any = [\"bpf_probe_write_user\", \"bpf_override_return\"]"
            }
        text += "[[\(effect)]]\nid = \"rule-\(index)\"\ntier = \"\(tier)\"\nwhen = { \(condition) }\n"
    }
    return text
}

func measured(rules: Int) throws -> Bool {
    let text = Array(policy(rules: rules).utf8)
    let now = try UTCTime(text: "2026-06-01T00:00:00Z".utf8)
    let digest = must(ContentDigest([UInt8](repeating: 9, count: 32)))
    let program = ProgramIdentity(
        digest: ProgramDigest(digest), type: .xdp, helpers: [HelperFunction(number: 1), HelperFunction(number: 5)],
        instructionCount: 500, verdict: .accepted, verifier: VerifierIdentity(version: 1, options: .strict))
    let facts = Facts(program: program, hostKVM: .known(.usable, .observed))
    let all = Availability(guest: .usable, child: .usable, eligible: .offered)
    let envelope = signed(text, as: .base, by: ["ann"])
    let trusted = try TrustedKeys(keys: [person("ann").verificationKey], threshold: 1)

    var loads: [UInt64] = []
    var snapshot: PolicySnapshot?
    for _ in 0..<max(5, rounds / 100) {
        let start = monotonicNanoseconds()
        let loaded = try PolicySnapshot.load(envelope, trusted: trusted, eligible: .offered, now: now)
        _ = CompiledPolicySet(loaded.effective(now: now))
        snapshot = loaded
        loads.append(monotonicNanoseconds() - start)
    }
    var decider = Decider(CompiledPolicySet(must(snapshot).effective(now: now)))
    var decisions: [UInt64] = []
    decisions.reserveCapacity(rounds)
    var ruling = decider.decide(facts, availability: all, now: now)
    let before = allocations_of_this_thread()
    for _ in 0..<rounds {
        let start = monotonicNanoseconds()
        ruling = decider.decide(facts, availability: all, now: now)
        decisions.append(monotonicNanoseconds() - start)
    }
    let allocations = allocations_of_this_thread() - before
    decisions.sort()
    loads.sort()
    print(
        "{\"rules\": \(rules), \"outcome\": \"\(ruling.outcome.name)\", \"decision_ns_p50\": \(decisions[rounds / 2]), \"decision_ns_p99\": \(decisions[rounds * 99 / 100]), \"allocations\": \(allocations), \"load_ns_p50\": \(loads[loads.count / 2]), \"load_ns_max\": \(loads[loads.count - 1])}"
    )
    return allocations == 0 || !isOptimised
}

do {
    var isFree = true
    for rules in [16, 128, 512] where try !measured(rules: rules) { isFree = false }
    if !isFree { exit(1) }
} catch {
    print("error: \(error)")
    exit(2)
}

import Foundation
import TestSupport
import Testing

/// A policy that changes while programs decide about what a process tree does.
@Suite("A new policy over a supervised tree", .serialized)
struct SuperviseReloadTests {
    @Test(
        "what may be less than before moves between two calls; what may be nothing denies all that it would be asked about",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"),
        .enabled(if: getuid() == 0, "only root installs policies"))
    func tightened() throws {
        let host = try HostPolicies()
        try host.install(1, permits: "jit-child", types: ["cgroup_sock_addr"])
        let bench = try SuperviseBench()
        let report = host.workshop.path("report.json")
        let run = try BackgroundTool(
            "ringfence",
            ["supervise", "--hook", "cgroup/connect4=\(bench.object)", "--report", report, "--json"] + host.arguments
                + ["--", SuperviseBench.caller, "slowly", "127.0.0.1", "9", "300"])
        func wait(for word: String) throws {
            let deadline = Date().addingTimeInterval(60)
            while try !host.log().contains(where: { $0.contains(word) }), Date() < deadline { usleep(50_000) }
            #expect(try host.log().contains { $0.contains(word) }, "\(word)")
        }
        try wait(for: "\"outcome\":\"jit-child\"")
        sleep(1)
        try host.install(2, permits: "interp-guest", onTighten: "migrate", types: ["cgroup_sock_addr"])
        try wait(for: "\"outcome\":\"interp-guest\"")
        sleep(1)
        try host.install(3, permits: nil)
        try wait(for: "\"E_NO_PERMIT\"")
        let status = run.wait()
        #expect(status == 0, "\(run.output)\(run.errors)")
        #expect(
            run.errors.contains("cgroup/connect4: the policy changed: moved from jit-child to interp-guest"),
            "\(run.errors)")
        #expect(run.errors.contains("no longer allows this: E_NO_PERMIT"), "\(run.errors)")
        // "done N refused N error N"
        let words = try #require(run.output.split(separator: "\n").last).split(separator: " ").compactMap { Int($0) }
        try #require(words.count == 3, "\(run.output)")
        // Before the third policy every call was let through, and none after it.
        #expect(words[0] >= 15 && words[1] >= 1 && words[0] + words[1] == 300, "\(run.output)")
    }
}

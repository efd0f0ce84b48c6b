import Foundation
import Testing

@testable import Commands
@testable import Confinement

@Suite("ringfence doctor")
struct DoctorTests {
    /// A host with everything, of which each test breaks one thing.
    static func host(
        kvm: KVMPosture.State = .usable, landlock: Support = .supported(detail: 7),
        denyWriteExecute: Support = .supported(detail: 0), userNamespaces: Support = .supported(detail: 0),
        lockdown: Finding<String> = .known("none [integrity] confidentiality"),
    ) -> HostPosture {
        HostPosture(
            kvm: KVMPosture(state: kvm, backend: .amd), seccompFilters: true, seccompUserNotification: true,
            landlock: landlock, userNamespaces: userNamespaces, networkNamespaces: userNamespaces,
            denyWriteExecute: denyWriteExecute, noExecuteMemoryFiles: .supported(detail: 0), lockdown: lockdown,
            securityModules: .known("landlock,lockdown"), kernelRelease: "6.18", processorModel: .known("\"A\\B\""),
            multithreading: .known(false), unprivilegedBPFDisabled: .known(2), bpfJITHardening: .known(0),
            secureBoot: .known(true), nested: .known(false), trustedPlatformModule: .known(2), speculation: [])
    }

    @Test(
        "a missing thing is named, and says that guests cannot run",
        arguments: [
            (host(kvm: .absent), "KVM"), (host(kvm: .denied), "KVM"),
            (host(kvm: .error(call: .createMachine, errno: 12)), "KVM"),
            (host(kvm: .spoofed(.deviceNumber(major: 1, minor: 3))), "KVM"),
            (host(landlock: .refused(errno: 95)), "Landlock"),
            (host(denyWriteExecute: .refused(errno: 22)), "write-execute denial"),
        ])
    func missing(host: HostPosture, name: String) throws {
        let report = DoctorReport(host)
        #expect(!report.runsGuests)
        #expect(report.findings.filter { $0.state == .missing }.map(\.name) == [name])
        #expect(report.findings.filter { $0.state == .missing }.allSatisfy { $0.remedy != nil })
        #expect(report.table.hasSuffix("cannot run the tier interp-guest: see what is missing above."))
    }

    @Test("a missing depth is weaker, and guests still run")
    func weaker() {
        let report = DoctorReport(Self.host(landlock: .supported(detail: 3), userNamespaces: .refused(errno: 1)))
        #expect(report.runsGuests)
        let weaker = report.findings.filter { $0.state == .weaker }.map(\.name)
        #expect(weaker == ["Landlock", "user namespaces", "network namespaces"])
    }

    @Test("what could not be read is unknown, with its cause")
    func unknown() {
        let error = PostureError.notMounted(path: "/sys/kernel/security", fileSystem: "securityfs")
        let report = DoctorReport(Self.host(lockdown: .unknown(error)))
        let finding = report.findings.first { $0.name == "kernel lockdown" }
        #expect(finding?.state == .unknown)
        #expect(finding?.found == "securityfs is not mounted at /sys/kernel/security")
    }

    @Test("the JSON is JSON, and says what the table says", arguments: [host(), host(kvm: .absent), .ofThisHost()])
    func json(host: HostPosture) throws {
        let report = DoctorReport(host)
        let parsed = try JSONSerialization.jsonObject(with: Data(report.json.utf8))
        let object = try #require(parsed as? [String: Any])
        #expect(object["runsInterpGuest"] as? Bool == report.runsGuests)
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.map { $0["name"] as? String } == report.findings.map(\.name))
        #expect(findings.map { $0["found"] as? String } == report.findings.map(\.found))
    }
}

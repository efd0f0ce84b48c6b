import Testing

@testable import Confinement

@Suite("Posture of the host")
struct HostPostureTests {
    @Test(
        "a thing at KVM's path that is not the device is told apart",
        arguments: [
            ("/no/such/device", KVMPosture.State.absent), ("/etc/passwd", .spoofed(.notACharacterDevice)),
            ("/dev/null", .spoofed(.deviceNumber(major: 1, minor: 3))),
            ("/etc/passwd/x", .error(call: .status, errno: 20)),
        ])
    func kvm(path: String, expected: KVMPosture.State) {
        #expect(KVMPosture.state(of: path) == expected)
    }

    @Test("every speculation control is asked for, and none is claimed")
    func speculation() {
        let host = HostPosture.ofThisHost()
        #expect(host.speculation.map(\.feature) == SpeculationAnswer.Feature.allCases)
        #expect(!host.kernelRelease.isEmpty)
    }
}

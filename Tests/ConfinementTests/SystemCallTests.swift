import CSeccomp
import Testing

@testable import Confinement

@Suite("System call numbers")
struct SystemCallTests {
    @Test("each name has the number that libseccomp gives it", arguments: SystemCall.named)
    func numbers(call: SystemCall) {
        #expect(seccomp_syscall_resolve_name_arch(nativeArchitecture, call.name) == Int32(call.number))
    }

    private let nativeArchitecture: UInt32 = 0xc000_003e
}

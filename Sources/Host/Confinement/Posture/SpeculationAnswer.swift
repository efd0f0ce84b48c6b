internal import CLinux

/// What the kernel says about one speculation control (PR_GET_SPECULATION_CTRL,
/// Documentation/userspace-api/spec_ctrl.rst). Asking changes nothing. A protection counts only when a process
/// asked for it and the kernel granted it.
package struct SpeculationAnswer: Equatable, Sendable {
    package enum Feature: CaseIterable, Equatable, Sendable {
        case storeBypass
        case indirectBranch
        case level1Flush
    }

    package let feature: Feature
    package let answer: Support

    init(asking feature: Feature) {
        self.feature = feature
        let code =
            switch feature {
            case .storeBypass: CONFINEMENT_SPEC_STORE_BYPASS
            case .indirectBranch: CONFINEMENT_SPEC_INDIRECT_BRANCH
            case .level1Flush: CONFINEMENT_SPEC_L1D_FLUSH
            }
        let status = confinement_prctl(CONFINEMENT_PR_GET_SPECULATION_CTRL, code, 0)
        answer = status < 0 ? .refused(errno: Int32(-status)) : .supported(detail: UInt32(status))
    }

    /// The CPU does not have the weakness.
    package var isUnaffected: Bool { answer == .supported(detail: 0) }
    /// A process may switch it for itself (PR_SPEC_PRCTL).
    package var isControllable: Bool {
        switch answer {
        case .supported(let bits): bits & 1 == 1
        case .refused: false
        }
    }
}

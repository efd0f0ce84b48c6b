internal import ArgumentParser
package import CommandSupport
internal import PolicyCore
package import PolicyStore

/// Where a host's policies and its memory of them are.
package struct StoreOptions: ParsableArguments {
    package static let defaultRoot = "/etc/ringfence"
    package static let defaultState = "/var/lib/ringfence"

    @Option(help: ArgumentHelp("Where the signed files are: trust/ and policy/.", valueName: "dir"))
    package var root = defaultRoot

    @Option(help: ArgumentHelp("Where the host remembers what was in force.", valueName: "dir"))
    package var state = defaultState

    package init() {}

    var store: PolicyStore { PolicyStore.at(root: root, state: state) }

    /// Where it is recorded what happens to them.
    var log: HostLog { HostLog(ofHostWith: state) }
}

extension PolicyStore {
    package static func at(root: String, state: String) -> PolicyStore {
        var configuration = StoreConfiguration(eligible: .offered)
        configuration.policyDirectory = root
        configuration.stateDirectory = state
        return PolicyStore(configuration)
    }
}

extension Failure {
    package init(_ error: StoreError) {
        let status: ExitStatus =
            switch error {
            case .token, .noSuchRoot: .badInput
            case .state, .file, .trust, .refused, .notKept, .busy, .machine: .trustFailure
            }
        self.init(status, "", "\(error)", remedy: Self.remedy(error))
    }

    private static func remedy(_ error: StoreError) -> String? {
        switch error {
        case .state:
            "a host that never had policies begins with: ringfence policy init --token TOKEN. One that had is to be restored, or its loss explained"
        case .file(_, .writableByOthers), .file(_, .foreignOwner):
            "chown root, and chmod go-w, the file and its directories"
        case .file(_, .missing): "make the directory, and put the signed files into it"
        case .file, .trust, .refused, .notKept, .busy, .machine, .noSuchRoot: nil
        case .token: "those who keep the root's keys tell it: ringfence policy inspect root.1.dsse shows it"
        }
    }
}

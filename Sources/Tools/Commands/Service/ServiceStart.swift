internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox
internal import ServiceAPI

/// What the service needs to begin: whose policies decide, and where it keeps what outlives it.
package struct ServiceOptions: ParsableArguments {
    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @Option(
        name: .customLong("state-directory"),
        help: ArgumentHelp("Where pinned programs and their maps are kept.", valueName: "dir"))
    var state = "/var/lib/ringfence/service"

    package init() {}

    /// Starts the spawners, gives up everything that serving does not need, and only then reads what others wrote.
    ///
    /// Called in a process with a single thread: the spawners are forks of it.
    ///
    /// - Parameter open: descriptors that stay open.
    package func start(open: [Int32], writable: [String]) throws -> Engine {
        let state = ServiceState(path: state)
        try state.prepare()
        let store = inForce.store
        let host = try store.map(inForce.load)
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let broker = try Broker(
            writable: [state.path] + recorder.directories + writable, open: open, cells: Tier.Enclosure.allCases)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        return Engine(broker, recorder, store, snapshot, state)
    }
}

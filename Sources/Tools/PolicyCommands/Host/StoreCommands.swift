internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyLog
internal import PolicyStore
internal import PolicyTrust

/// `ringfence policy init`: begins a host's memory.
struct PolicyInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Give this host its first root; once, before anything else.",
        discussion: """
            The token names the root by the digest of its text. It comes from those who keep the root's keys, and not from where the files
            come from: otherwise the host would believe whatever root it finds.

            Examples:
              ringfence policy inspect root.1.dsse
              ringfence policy init --token ringfence-install:v1:5d41…f2d1
            """)

    @Option(help: "ringfence-install:v1: and the SHA-256 of the root's text.")
    var token: String

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        do throws(StoreError) {
            let policy = try store.store.initialise(try InstallToken(text: token))
            try StoreOutput.write(policy, json: json)
        } catch { throw Failure(error) }
    }
}

/// `ringfence policy install`: puts a signed file where it counts.
struct PolicyInstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract:
            "Take a signed file into force: a root, a base, a supplemental, a tombstone, revocations, a host's labels.",
        discussion: """
            What the file is says its signed type. It is put in its place only if the host takes it: its signatures suffice by the root, its
            version is not older than what was in force, its self-tests come out. What is refused is put nowhere, and what was in force
            stays so.

            Examples:
              ringfence policy install root.2.dsse
              ringfence policy install fleet-base.dsse
            """)

    @Argument(help: "The signed file.")
    var file: String

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let bytes = try Files.read(file, maximumBytes: Envelope.maximumBytes + 1)
        do throws(StoreError) {
            let before = try store.store.state()
            let installed = try store.store.install(bytes)
            store.log.record(LogRecord.Body.floors(from: before, to: installed.policy.state), installed.policy)
            if !json { Output.write("installed \(installed.name)\n  \(installed.path)") }
            try StoreOutput.write(installed.policy, json: json)
        } catch { throw Failure(error) }
    }
}

/// `ringfence policy status`: what is in force.
struct PolicyStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what is in force on this host, what is refused and why, and what ends soon.",
        discussion: """
            Exit status: 0 where all is well, 3 where something is refused or has expired.

            Examples:
              ringfence policy status
              ringfence policy status --json | jq .alarms
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let policy: ActivePolicy
        do throws(StoreError) { policy = try store.store.load() } catch { throw Failure(error) }
        try StoreOutput.write(policy, json: json)
        guard policy.alarms.isEmpty else { throw ExitCode(ExitStatus.trustFailure.rawValue) }
    }
}

/// `ringfence policy recover`: a site that locked itself out.
struct PolicyRecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Use a recovery file: for at most a day, the programs that it names run in the safest tier.",
        discussion: """
            The file is signed by the keys of the role recovery, for this machine and this installation, and is good once. Neither what is
            revoked nor what the verifier did not pass runs by it. There is no other way around the policy.

            Example:
              ringfence policy recover recovery.dsse
            """)

    @Argument(help: "The signed recovery file.")
    var file: String

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let bytes = try Files.read(file, maximumBytes: Envelope.maximumBytes + 1)
        do throws(StoreError) {
            let policy = try store.store.useRecovery(bytes)
            store.log.record(LogRecord.Body.recovery(in: policy).map { [$0] } ?? [], policy)
            try StoreOutput.write(policy, json: json)
        } catch { throw Failure(error) }
    }
}

private enum StoreOutput {
    static func write(_ policy: ActivePolicy, json: Bool) throws(StoreError) {
        let report = StoreReport(policy)
        Output.write(json ? ((try? CommandSupport.json(report)) ?? "{}") : report.text)
    }
}

extension LogRecord.Body {
    /// The floors that are other than they were.
    fileprivate static func floors(from old: HostState, to new: HostState) -> [LogRecord.Body] {
        new.floors.filter { old.floors[$0.key] != $0.value }
            .map { LogRecord.Floor(name: "\($0)", version: $1.version, sha256: $1.sha256) }
            .sorted { $0.name < $1.name }
            .map { .floor($0) }
    }

    /// That someone broke the glass.
    fileprivate static func recovery(in policy: ActivePolicy) -> LogRecord.Body? {
        policy.snapshot.policies.recovery.map {
            .recovery(LogRecord.Recovery(id: $0.id, sha256: $0.sha256, expires: $0.expires))
        }
    }
}

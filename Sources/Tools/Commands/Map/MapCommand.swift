package import ArgumentParser
internal import CommandSupport
internal import Confinement
internal import Linux
internal import Maps
internal import Sandbox
internal import ServiceAPI
internal import ServiceClient

/// `ringfence map`: the maps that a directory keeps, of a sandbox that runs or has run.
package struct MapCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Look at maps and change them, while a sandbox runs or after it.",
        discussion: """
            ringfence run --maps DIR keeps a program's maps in files of DIR. These commands open them: a running program sees what they
            change at its next look, and they see what it has changed. Rings, arrays of programs, maps of maps, and maps of processors and of
            AF_XDP sockets are a run's own, and not among them.

            A key or value is said as bpftool has it, byte by byte in the order of memory, or as JSON by the types that the object was compiled
            with (clang -g). In JSON a number is what the program reads; in a 32-bit field "10.0.0.1" is an address, and in fields of type
            __be16 and __be32 a string is a number in network order. Fields that are left out are 0.

            EXAMPLES
              ringfence run guard.bpf.o --pcap traffic.pcap --maps state --policy policy.dsse --trust dev.pub
              ringfence map list --sandbox state
              ringfence map dump counters --program 1
              ringfence map dump counters --sandbox state
              ringfence map lookup counters key 0x01 0 0 0 --sandbox state
              ringfence map lookup flows --key '{"saddr": "10.0.0.1", "dport": "443"}' --sandbox state --json
              ringfence map getnext counters key 0x01 0 0 0 --sandbox state
              ringfence map update limits key hex 01 00 00 00 value 100 0 0 0 noexist --sandbox state
              ringfence map update limits --key 1 --value 100 --sandbox state
              ringfence map delete flows --key '{"saddr": "10.0.0.1", "dport": "443"}' --sandbox state
              ringfence map create blocked --type hash --key-size 4 --value-size 8 --entries 1024 --sandbox state

            \(ExitStatus.help)
            """,
        subcommands: [
            MapListCommand.self, MapDumpCommand.self, MapLookupCommand.self, MapNextKeyCommand.self,
            MapUpdateCommand.self, MapDeleteCommand.self, MapCreateCommand.self, MapRemoveCommand.self,
        ])

    package init() {}
}

/// Where the maps are.
package struct MapDirectoryOption: ParsableArguments {
    @Option(
        name: .customLong("sandbox"),
        help: ArgumentHelp("The directory that keeps the maps: what run was given as --maps.", valueName: "dir"))
    var path: String?

    @Option(help: ArgumentHelp("The maps of this program of the service (root).", valueName: "id"))
    var program: UInt32?

    @OptionGroup var service: ServiceSocketOption

    package init() {}

    package func validate() throws {
        guard (path == nil) != (program == nil) else {
            throw ValidationError("say whose maps: --sandbox DIR, or --program ID for those of the service")
        }
    }

    /// For errors.
    var sandbox: String { path ?? "program \(program ?? 0)" }

    /// Where the maps are; the service is asked where its are.
    private func place() throws(Failure) -> String {
        if let path { return path }
        let id = program ?? 0
        let record: ProgramRecord = try service.ask { (client) throws(ServiceClientError) in
            try client.get("/v1/programs/\(id)")
        }
        return record.mapDirectory
    }

    /// The directory, this process locked down to it: from here on it reads what others wrote.
    func open() throws -> MapDirectory {
        // Once before: a directory that is not there is no failure of the confinement, which closes what is open.
        let place = try place()
        _ = try opened(place)
        try confine(to: place)
        return try opened(place)
    }

    private func opened(_ place: String) throws(Failure) -> MapDirectory {
        do throws(SandboxError) { return try MapDirectory(place) } catch { throw Failure(error, about: sandbox) }
    }

    private func confine(to place: String) throws(Failure) {
        do throws(ConfinementError) {
            _ = try Confinement(.broker(writable: [place])).lockDown()
        } catch {
            throw Failure(
                .internalError, "this process", "cannot be confined: \(error)",
                remedy: "ringfence doctor says what this host lacks")
        }
    }

    /// Opens a map, and works on it while no other command does.
    func withMap<Result>(_ name: String, _ work: (borrowing SavedMap) throws(Failure) -> Result) throws -> Result {
        let directory = try open()
        var outcome: Swift.Result<Result, Failure>?
        do throws(SandboxError) {
            try directory.alone { () throws(SandboxError) in
                let map = try SavedMap(name, in: directory)
                if let repair = map.repair { StandardError.write(Self.text(of: repair, name)) }
                do throws(Failure) { outcome = .success(try work(map)) } catch { outcome = .failure(error) }
            }
        } catch {
            if case .noSuchMap(let wanted, let available) = error {
                throw Failure(
                    .badInput, sandbox, "has no map \(wanted)",
                    remedy: (available.isEmpty ? "" : "it keeps: \(available.joined(separator: ", ")); ")
                        + "rings, arrays of programs, maps of maps, and maps of processors and AF_XDP sockets are a run's own"
                )
            }
            throw Failure(error, about: sandbox)
        }
        switch outcome {
        case .success(let result): return result
        case .failure(let failure): throw failure
        case nil: preconditionFailure("the work was done, or an error thrown")
        }
    }

    private static func text(of repair: MapRepair, _ name: String) -> String {
        let dropped = repair.dropped > 0 ? ", \(repair.dropped) given up" : ""
        return
            "note: map \(Printable.text(name)) was left in disorder, and is repaired: \(repair.elements) elements\(dropped)\n"
    }
}

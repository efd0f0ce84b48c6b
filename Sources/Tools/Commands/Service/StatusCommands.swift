internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import ServiceAPI
internal import ServiceClient

/// `ringfence pin`: the names that outlive the service.
struct PinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Look at the names under which programs are pinned.", subcommands: [List.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the pins of the service.")

        @OptionGroup var service: ServiceSocketOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let pins: [PinRecord] = try service.ask { (client) throws(ServiceClientError) in
                try client.get("/v1/pins")
            }
            guard !json else { return print(try CommandSupport.json(pins)) }
            var table = Table(.left("path"), .right("program"), .right("owner"))
            for pin in pins {
                table.add(Table.Cell(Printable.text(pin.path, limit: 255)), "\(pin.program)", "\(pin.owner)")
            }
            print(table.text(for: .standardOutput), terminator: "")
        }
    }
}

/// `ringfence status`: the service itself.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the service of this host is, and what it could not restore.")

    @OptionGroup var service: ServiceSocketOption

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let status: ServiceStatus = try service.ask { (client) throws(ServiceClientError) in
            try client.get("/v1/status")
        }
        guard !json else { return print(try CommandSupport.json(status)) }
        print(
            """
            process         \(status.process)
            policy          sha256:\(status.policy)
            code integrity  \(status.codeIntegrity ? "on" : "off")
            KVM             \(status.kvm)
            programs        \(status.programs), with \(status.maps) maps, \(status.pins) pins
            """)
        for (path, reason) in status.notRestored.sorted(by: { $0.key < $1.key }) {
            print("not restored    \(Printable.text(path, limit: 255)): \(Printable.text(reason, limit: 400))")
        }
    }
}

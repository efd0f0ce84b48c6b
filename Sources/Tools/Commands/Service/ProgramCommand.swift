internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCore
internal import PolicyTrust
internal import ServiceAPI
internal import ServiceClient

/// `ringfence program`: the programs that the service has.
struct ProgramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "program",
        abstract: "Load programs into the service, look at them, run them and pin them.",
        discussion: """
            The service (ringfenced) loads a program if the host's policy allows it, in the tier that policy allows, and keeps its maps. A
            program is its owner's and root's; it lives until it is unloaded or the service ends, a pinned one until it is unpinned.

            EXAMPLES
              ringfence program load guard.bpf.o --pin web/guard
              ringfence program list
              ringfence program run 1 --data-in ffffffffffff0000000000000800
              ringfence program unpin web/guard
              ringfence program unload 1

            \(ExitStatus.help)
            """,
        subcommands: [
            Load.self, List.self, Show.self, Unload.self, Run.self, Pin.self, Unpin.self,
        ])

    struct Load: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Load a program of an object file.")

        @Argument(help: "The object file, from clang -target bpf.")
        var object: String

        @OptionGroup var selection: ChosenProgram

        @Option(
            help: "Ask for this tier: interp-guest, jit-guest, interp-child or jit-child.",
            transform: RunCommand.parseTier)
        var tier: Tier?

        @Option(help: "Instructions that one event may cost.")
        var fuel: UInt64?

        @Option(help: ArgumentHelp("Pin it under this name at once.", valueName: "path"))
        var pin: String?

        @OptionGroup var service: ServiceSocketOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let bytes = try Files.read(object, maximumBytes: 4 << 20)
            let request = LoadRequest(
                object: String(decoding: Base64.encode(bytes), as: UTF8.self), name: selection.program,
                section: selection.section, type: selection.type?.rawValue, tier: tier?.name, fuel: fuel, pin: pin)
            let record: ProgramRecord = try service.ask { (client) throws(ServiceClientError) in
                try client.post("/v1/programs", request)
            }
            print(json ? try CommandSupport.json(record) : "\(record.id)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the programs of the service.")

        @OptionGroup var service: ServiceSocketOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let records: [ProgramRecord] = try service.ask { (client) throws(ServiceClientError) in
                try client.get("/v1/programs")
            }
            guard !json else { return print(try CommandSupport.json(records)) }
            var table = Table(
                .right("id"), .left("name"), .left("type"), .left("tier"), .right("owner"), .right("events"),
                .left("pins"))
            for record in records {
                table.add(
                    "\(record.id)", Table.Cell(Printable.text(record.name, limit: 64)), Table.Cell(record.type),
                    Table.Cell(record.tier), "\(record.owner)", Table.Cell(Quantity.grouped(record.events)),
                    Table.Cell(Printable.text(record.pins.joined(separator: " "), limit: 200)))
            }
            print(table.text(for: .standardOutput), terminator: "")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one program.")

        @Argument(help: "Its id, which program list shows.")
        var id: UInt32

        @OptionGroup var service: ServiceSocketOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let record: ProgramRecord = try service.ask { (client) throws(ServiceClientError) in
                try client.get("/v1/programs/\(id)")
            }
            guard !json else { return print(try CommandSupport.json(record)) }
            print(
                """
                program   \(record.id)  \(Printable.text(record.name, limit: 64)) (section \(Printable.text(record.section, limit: 64)), \(record.type))
                object    sha256:\(record.object)
                digest    \(record.digest)
                tier      \(record.tier)\(record.isDetached ? ", detached: policy allows it no more" : "")
                owner     \(record.owner)
                maps      \(record.maps.map { "\($0)" }.joined(separator: " "))
                pins      \(Printable.text(record.pins.joined(separator: " "), limit: 400))
                events    \(Quantity.grouped(record.events)), \(record.programFaults) faults, \(record.cellFailures) cells replaced
                process   \(record.cellProcess.map { "\($0)" } ?? "none")
                """)
        }
    }

    struct Unload: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Unload a program that is not pinned, and its maps.")

        @Argument(help: "Its id.")
        var id: UInt32

        @OptionGroup var service: ServiceSocketOption

        func run() throws {
            try service.ask { (client) throws(ServiceClientError) in try client.delete("/v1/programs/\(id)") }
        }
    }

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a program on one event, as BPF_PROG_TEST_RUN has it.")

        @Argument(help: "Its id.")
        var id: UInt32

        @Option(help: ArgumentHelp("The packet: a file, or hexadecimal digits.", valueName: "file|hex"))
        var dataIn: String?

        @Option(help: ArgumentHelp("The event, as a JSON object: see ringfence run --help.", valueName: "json"))
        var ctxIn: String?

        @Option(help: "Run it so many times.")
        var `repeat` = 1

        @OptionGroup var service: ServiceSocketOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            var data = dataIn
            if let dataIn, Hexadecimal.bytes(dataIn) == nil {
                data = Hexadecimal.text(try Files.read(dataIn, maximumBytes: 1 << 18))
            }
            let request = RunRequest(data: data, context: ctxIn, repeat: `repeat`)
            let result: RunResult = try service.ask { (client) throws(ServiceClientError) in
                try client.post("/v1/programs/\(id)/run", request)
            }
            guard !json else { return print(try CommandSupport.json(result)) }
            print("return value  \(result.returnValue) (\(result.verdict))")
            print("duration      \(Quantity.duration(nanoseconds: result.nanosecondsPerRun)) on average of \(`repeat`)")
            if let failure = result.failure { print("failure       \(Printable.text(failure, limit: 400))") }
            if let data = result.data { print("data          \(data.utf8.count / 2) bytes: \(data.prefix(128))") }
            for line in result.log { print("log           \(Printable.text(line, limit: 400))") }
        }
    }

    struct Pin: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a program a name under which it outlives its client, and the service.")

        @Argument(help: "Its id.")
        var id: UInt32

        @Argument(help: "The name, such as web/guard.")
        var path: String

        @OptionGroup var service: ServiceSocketOption

        func run() throws {
            try service.ask { (client) throws(ServiceClientError) in
                try client.put("/v1/pins/\(ServiceClient.escaped(path))", PinRequest(program: id))
            }
        }
    }

    struct Unpin: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a name away. The program stays until it is unloaded, or the service ends.")

        @Argument(help: "The name.")
        var path: String

        @OptionGroup var service: ServiceSocketOption

        func run() throws {
            try service.ask { (client) throws(ServiceClientError) in
                try client.delete("/v1/pins/\(ServiceClient.escaped(path))")
            }
        }
    }
}

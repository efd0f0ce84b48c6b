package import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import Sandbox

/// `ringfence inspect`: what is in an object, without running any of it.
package struct InspectCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the programs, maps and sections of an object, and the digests that policies name.",
        discussion: """
            Reads the object in a jail and runs nothing. Each program has the digest to write into a policy; it stays the same when only
            debug information or other programs of the object change. What --kconfig and --btf make of a program is part of it: with the same files
            it is the same on every host. The platform is a digest of what programs of its type are given and may call, and of the verifier's
            version: a permit that names it lets the program run only where its instructions mean what they meant to whoever wrote the permit.

            EXAMPLES
              ringfence inspect filter.o
              ringfence inspect filter.o --json | jq -r '.programs[] | "\\(.name) \\(.digest)"'

            \(ExitStatus.help)
            """)

    @Argument(help: "The object, as clang --target=bpf writes it.")
    package var object: String

    @OptionGroup var environment: DeclaredEnvironment

    @Flag(help: "Print JSON instead of tables.")
    package var json = false

    package init() {}

    package func run() throws {
        let loaded = try InspectObject.load(object, environment)
        let report = InspectReport(
            loaded.package, file: object, fileDigest: loaded.digest.description,
            type: { ProgramType(section: $0)?.rawValue },
            digest: { ProgramDigest(of: $0, in: loaded.package).description },
            platform: { ProgramIdentity.platform(of: $0).value.map { "\(ContentDigest.prefix)\($0)" } })
        print(json ? try CommandSupport.json(report) : report.text(), terminator: json ? "\n" : "")
    }
}

package import ArgumentParser
internal import CommandSupport
internal import ProgramPackage
internal import Sandbox

/// `ringfence disassemble`: the code that would run, linked, with its source.
package struct DisassembleCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "disassemble",
        abstract: "Print the linked code of an object's programs, with the source lines between.",
        discussion: """
            Reads the object in a jail and runs nothing. The syntax is LLVM's, as llvm-objdump -d prints it; unlike there, each program is shown with
            the functions that it calls in place and its maps by name. Source lines need -g.

            EXAMPLES
              ringfence disassemble filter.o
              ringfence disassemble filter.o --section xdp
              ringfence disassemble filter.o --json | jq '.programs[].lines | length'

            \(ExitStatus.help)
            """)

    @Argument(help: "The object, as clang --target=bpf writes it.")
    package var object: String

    @Option(help: "Only the programs of this section.")
    package var section: String?

    @OptionGroup var environment: DeclaredEnvironment

    @Flag(help: "Print JSON.")
    package var json = false

    package init() {}

    package func run() throws {
        let loaded = try InspectObject.load(object, environment)
        let listing = DisassembleListing(loaded.package, section: section)
        guard !listing.programs.isEmpty else {
            let sections = Set(loaded.package.programs.map(\.section)).sorted().joined(separator: ", ")
            throw Failure(
                .badInput, object, "no program in section \(section ?? "")", remedy: "name one of: \(sections)")
        }
        print(json ? try CommandSupport.json(listing) : listing.text(), terminator: json ? "\n" : "")
    }
}

package import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox

/// `ringfence verify`: what can be proven of an object's programs, and what is wrong with the others.
package struct VerifyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that an object's programs are safe, or say what is wrong with them and where.",
        discussion: """
            Reads OBJECT in a jail, has it verified in another one, and runs nothing. A program is

              accepted      every access is in bounds, no address leaves it, and it ends
              needs fuel    safe, but not proven to end: it runs until its instructions are used up
              rejected      it could do what it must not; the report says where, and on which path
              too complex   the budget ended before the proof did; nothing is said of the program

            ringfence run verifies by itself, and refuses what is rejected or too complex unless a policy says
            unverified_ceiling = "interp-guest".

            HOW TO READ A REPORT
              needs               what the instruction requires, and what is known there
              known because       where each fact comes from
              taken to get here   the branches on the way, the last ones first to look at
              hint                what helps in most cases like this
              confirmed           an input that breaks the program was found, and is printed
              not confirmed       no such input was found: the program may be right, and the verifier too coarse
            Source lines need -g. Fix the first error first; the others may go with it.

            EXAMPLES
              ringfence verify filter.o
              ringfence verify filter.o --program parse --explain
              ringfence verify filter.o --type xdp --budget visits=50000000,time=30s --verbose
              ringfence verify filter.o --json | jq -r '.programs[] | "\\(.name) \\(.verdict)"'

            JSON
              file, fileDigest, verifier {version, visits, states, memory, milliseconds, addressLeaks, confirms, type},
              programs [{name, section, type, verdict (accepted, needs_fuel, rejected, too_complex, not_verified), problem,
              instructions, visits, states, peakStates, peakBytes, nanoseconds, longestRun, result {least, greatest},
              unlistedFindings, findings [{kind, title, instruction, disassembly, function, source, requirement, facts,
              path, hint, advice, lesson, confirmation {state (not_tried, confirmed, not_confirmed), lines, reason,
              lostAt}}]}]. source is {file, line, column, text}; facts, path and lostAt have {instruction, text, source}.
              What is not known is left out.

            EXIT STATUS
              0  every program is accepted; one that needs fuel counts as accepted
              1  some program is rejected, or too complex
              2  an argument or a file is wrong; a program's type is not known, or it cannot be linked
              3  a jail's answer does not hold together
              4  this host lacks something, or Ringfence is at fault
            """)

    @Argument(help: "The object, as clang --target=bpf writes it.")
    package var object: String

    @Option(help: "Only the programs of this section.")
    package var section: String?

    @Option(help: "Only the program of this name, and those in which it goes on.")
    package var program: String?

    @Option(help: ArgumentHelp("The program type, where the section does not name it: xdp, sched_cls, …"))
    package var type: String?

    @Option(
        help: ArgumentHelp(
            "What one program may cost: visits=…,states=…,memory=…,time=….", valueName: "limits"))
    package var budget: String?

    @OptionGroup var environment: DeclaredEnvironment

    @Flag(help: "Print JSON.")
    package var json = false

    @Flag(help: "Also what each proof cost, the longest run, and what the program returns.")
    package var verbose = false

    @Flag(help: "Also the whole path to each error, and what its kind means.")
    package var explain = false

    package init() {}

    package func validate() throws { _ = try options() }

    private func options() throws -> VerifierOptions {
        var options = VerifierOptions()
        if let budget { try VerifierBudget.parse(budget, into: &options) }
        if let type {
            guard ProgramType(rawValue: type) != nil else {
                let types = ProgramType.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("no such program type: \(type); write one of \(types)")
            }
            options.programType = type
        }
        return options
    }

    package func run() throws {
        let options = try options()
        let broker = try Broker()
        var loaded = try broker.load(object, environment)
        let chosen = try choose(loaded.package)
        let types = chosen.map { index in
            (index: index, type: type ?? ProgramType(section: loaded.package.programs[index].section)?.rawValue)
        }
        let known = types.filter { $0.type != nil }.map(\.index)
        if let first = chosen.first, known.isEmpty {
            throw Self.unknownType(loaded.package.programs[first], in: object)
        }
        if !known.isEmpty { try broker.verify(&loaded, object, programs: known, options: options) }
        let report = VerifyReport(
            loaded.package, loaded.verification ?? Verification(options: options, programs: []), file: object,
            fileDigest: "sha256:\(loaded.digest)", programs: types, omitted: omitted(loaded.package))
        let detail = VerifyReport.Detail(isVerbose: verbose, explains: explain)
        print(
            json ? try CommandSupport.json(report) : report.text(for: .standardOutput, detail),
            terminator: json ? "\n" : "")
        if report.programs.contains(where: { $0.problem != nil }) { throw ExitCode(ExitStatus.badInput.rawValue) }
        if !report.isAllAccepted { throw ExitCode(ExitStatus.denied.rawValue) }
    }

    private func choose(_ package: ObjectPackage) throws -> [Int] {
        let chosen = package.programs.indices.filter { index in
            (section == nil || package.programs[index].section == section)
                && (program == nil || package.programs[index].name == program)
        }
        guard !chosen.isEmpty || !omitted(package).isEmpty else {
            let available = package.programs.map { "\($0.name) (section \($0.section))" }.joined(separator: ", ")
            let wanted = [program.map { "named \($0)" }, section.map { "in section \($0)" }].compactMap { $0 }
            throw Failure(
                .badInput, object, "no program \(wanted.joined(separator: " "))",
                remedy: available.isEmpty ? "give a function a section: SEC(\"xdp\")" : "it has: \(available)")
        }
        guard program != nil, let first = chosen.first else { return chosen }
        // What runs with the program decides with it whether it may.
        do throws(ProgramSetError) { return try package.programSet(of: first).programs.sorted() } catch {
            return chosen
        }
    }

    /// Of the programs that were asked for, those that the object has and that cannot be linked.
    private func omitted(_ package: ObjectPackage) -> [OmittedProgram] {
        package.omitted.filter { (section == nil || $0.section == section) && (program == nil || $0.name == program) }
    }

    private static func unknownType(_ program: Program, in object: String) -> Failure {
        Failure(
            .badInput, object,
            "program \(program.name) is in section \(program.section), which names no program type",
            remedy: "say the type by hand: --type xdp; or give the function a section that names one: SEC(\"xdp\")")
    }
}

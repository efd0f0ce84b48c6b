import Bytecode
import Confirmation
import ProgramPackage
import Verifier

/// The states that the verifier kept.
struct KeptStates: StateOracle {
    let invariants: Invariants

    func objection(to machine: Machine) -> String? {
        let operation = machine.instruction.operation
        // The verifier has no states of its own at jumps, nor inside of a helper.
        if operation == .jump || operation == .jumpLong || machine.isBetweenRounds { return nil }
        return invariants.objection(machine.index, machine)
    }
}

/// The verifier on the only program of a package, with what it believes at each point.
package func verified(
    _ package: ObjectPackage, _ options: VerifierOptions = quickOptions
) -> (ProgramVerification, (any StateOracle)?) {
    let (verification, invariants) = Verifier.invariants(program: 0, of: package, options: options)
    return (verification, invariants.map { KeptStates(invariants: $0) })
}

/// As much as a random program may cost.
package let quickOptions: VerifierOptions = {
    var options = VerifierOptions()
    options.visits = 6_000
    options.milliseconds = 1_000
    options.confirms = false
    return options
}()

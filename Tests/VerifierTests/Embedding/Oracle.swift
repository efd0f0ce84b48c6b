import ProgramPackage
import Verifier

/// The verifier on the only program of a package, with what it believes at each point.
package func verified(_ package: ObjectPackage) -> (ProgramVerification, (any StateOracle)?) {
    var options = VerifierOptions()
    options.visits = 200_000
    options.milliseconds = 1_000
    options.confirms = false
    return (Verifier.verify(program: 0, of: package, options: options), nil)
}

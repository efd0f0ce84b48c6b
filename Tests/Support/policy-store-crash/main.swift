import Glibc
import PolicyCore
import PolicyStore
import PolicyTrust

// policy-store-crash DIRECTORY STEP
//
// Loads the policies of DIRECTORY/etc with the memory in DIRECTORY/var, and is killed after that step of keeping them.

guard CommandLine.arguments.count == 3, let step = PersistStep(rawValue: CommandLine.arguments[2]) else {
    print("usage: policy-store-crash DIRECTORY \(PersistStep.allCases.map(\.rawValue).joined(separator: "|"))")
    exit(2)
}
let directory = CommandLine.arguments[1]
var configuration = StoreConfiguration(eligible: TierSet(Tier.running))
configuration.policyDirectory = "\(directory)/etc"
configuration.stateDirectory = "\(directory)/var"
configuration.minimumFloorsFile = nil
configuration.machine = MachineID("0123456789abcdef0123456789abcdef")
configuration.clock = { ClockReading(wall: UTCTime(secondsSince1970: 1_780_272_000)) }
configuration.afterStep = { reached throws(SystemFailure) in
    // No handler runs, nothing is flushed, nothing is undone.
    if reached == step { kill(getpid(), SIGKILL) }
}
do throws(StoreError) {
    let policy = try PolicyStore(configuration).load()
    print("loaded \(policy.snapshot.bases.map(\.file.version))")
} catch {
    print("\(error)")
    exit(1)
}

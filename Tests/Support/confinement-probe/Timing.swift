internal import CConfinementProbe
internal import Confinement

/// Forks children that confine themselves by one prepared plan, as a spawner's do, and prints each step's median cost.
///
/// `spawned` is a monitor whose parent is confined as a spawner, as it is in a running sandbox.
func time(role: String, count: Int) {
    _ = probe_event_at(ProbeDescriptors.processor)
    let steps = ConfinementStep.allCases
    let start = ContinuousClock.now
    let base: ConfinementPlan
    do throws(ConfinementError) { base = try plan(role: role == "spawned" ? "monitor" : role) } catch {
        fail("\(error)")
    }
    say("prepare \(start.duration(to: .now))")
    if role == "spawned" {
        do throws(ConfinementError) { _ = lockDown(try plan(role: "spawner")) } catch { fail("\(error)") }
    }
    let costs = samples(count) { lockDown(base.with(parent: parentProcess())).costs }
    var total: UInt64 = 0
    for (index, step) in steps.enumerated() {
        let median = costs.map { $0[index] }.sorted()[count / 2]
        total += UInt64(median)
        say("\(step): \(median) ns")
    }
    say("total \(total) ns")
}

/// Runs `body` in `count` children, one after the other, and gives what each returned, by way of a shared page.
private func samples(_ count: Int, _ body: () -> [UInt32]) -> [[UInt32]] {
    // SAFETY: the page is mapped until the process ends, and holds more words than there are steps.
    let page = unsafe probe_shared_page().bindMemory(to: UInt32.self, capacity: 1024)
    return (0..<count).map { _ in
        let child = probe_fork()
        if child == 0 {
            for (index, sample) in body().enumerated() { unsafe page[index] = sample }
            probe_exit(0)
        }
        let status = probe_wait(Int32(child))
        if status != 0 { fail("child ended with \(status)") }
        return ConfinementStep.allCases.indices.map { unsafe page[$0] }
    }
}

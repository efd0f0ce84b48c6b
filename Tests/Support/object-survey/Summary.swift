/// The tables, in Markdown.
struct Summary {
    let objects: [String]
    let outcomes: [Outcome]

    init(objects: [String], _ outcomes: [Outcome]) {
        self.objects = objects
        self.outcomes = outcomes
    }

    var text: String {
        let refused = outcomes.filter { $0.program == nil }
        let programs = outcomes.filter { $0.program != nil }
        let proven = programs.count { $0.step.rawValue >= Outcome.Step.notRun.rawValue }
        let ran = programs.count { $0.step == .ran }
        return """
            \(objects.count) objects, \(objects.count - refused.count) load; \(programs.count) programs, \(proven) proven, \(ran) ran an event

            | not loaded | reason |
            |---|---|
            \(rows(.notLoaded))

            | proven, but not run | reason |
            |---|---|
            \(rows(.notRun))

            | not proven | reason |
            |---|---|
            \(rows(.notProven))
            """
    }

    private func rows(_ step: Outcome.Step) -> String {
        // A program may have several.
        var counts: [String: Int] = [:]
        for outcome in outcomes where outcome.step == step {
            for reason in outcome.reason.split(separator: "\n") { counts[String(reason), default: 0] += 1 }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "| \($0.value) | \($0.key.replacing("|", with: "\\|")) |" }.joined(separator: "\n")
    }
}

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
        Dictionary(grouping: outcomes.filter { $0.step == step }, by: \.reason)
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            .map { "| \($0.value.count) | \($0.key.replacing("|", with: "\\|")) |" }.joined(separator: "\n")
    }
}

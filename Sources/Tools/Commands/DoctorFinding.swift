/// One line of the doctor's report.
struct DoctorFinding: Equatable, Sendable {
    enum State: String, Sendable {
        case ok
        case missing
        case weaker
        case note
        case unknown
    }

    let name: String
    let state: State
    /// What was found, in a few words.
    let found: String
    let meaning: String
    /// Nothing if there is nothing to do.
    let remedy: String?
}

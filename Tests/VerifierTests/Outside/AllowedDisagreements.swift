/// A test of others with which the verifier disagrees, and the argument why the verifier is right.
struct AllowedDisagreement {
    struct Key: Hashable {
        var file: String
        var name: String
    }

    var key: Key
    var argument: String

    init(_ file: String, _ name: String, _ argument: String) {
        key = Key(file: file, name: name)
        self.argument = argument
    }
}

extension AllowedDisagreement {
    /// A row that no disagreement needs any more makes its suite fail.
    static let all: [AllowedDisagreement] = []
}

import PolicyCore
import Testing

@Suite("Lint of roots")
struct RootLintTests {
    /// - Parameters:
    ///   - custodians: of keys a, b and c; empty: not named.
    ///   - roles: of root and base, the keys and the threshold; the others are as they should be.
    private static func findings(
        _ custodians: [String], root: (String, Int) = ("abc", 2), base: (String, Int) = ("abc", 2),
        recovery: (String, Int)? = nil, profile: String = "production"
    ) throws -> [String] {
        var text = """
            schema = "ringfence-root/v1"
            kind = "root"
            version = 1
            issued = 2026-01-01T00:00:00Z
            expires = 2027-01-01T00:00:00Z
            profile = "\(profile)"

            """
        for (name, custodian) in zip("abc", custodians) {
            text += "[[key]]\nname = \"\(name)\"\nscheme = \"ed25519\"\npublic = \"\"\n"
            if !custodian.isEmpty { text += "custodian = \"\(custodian)\"\n" }
        }
        func role(_ name: String, _ role: (String, Int)) -> String {
            "\(name) = { keys = [\(role.0.map { "\"\($0)\"" }.joined(separator: ", "))], threshold = \(role.1) }\n"
        }
        text +=
            "[roles]\n" + role("root", root) + role("base", base) + role("revoke", ("c", 1)) + role("host", ("c", 1))
        if let recovery { text += role("recovery", recovery) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return try RootFile(parsing: bytes(text)).lint().map { finding in
            #expect(!finding.code.isError)
            let role = lines[finding.position.line - 1].prefix { $0 != " " }
            #expect(finding.message.contains("\"\(role)\""))
            return "\(finding.code.rawValue) \(role)"
        }
    }

    @Test(
        "L401: one signature that is enough for a base, a root or a recovery is remarked upon; for what restricts it is not"
    )
    func singleSignature() throws {
        let people = ["ann", "ben", "cat"]
        #expect(try Self.findings(people) == [])
        #expect(try Self.findings(people, base: ("ab", 1), profile: "development") == ["L401 base"])
        #expect(
            try Self.findings(people, root: ("a", 1), base: ("ab", 1), recovery: ("c", 1), profile: "development")
                == ["L401 root", "L401 base", "L401 recovery"])
    }

    @Test("L402: one person who keeps as many keys as it takes is remarked upon, however many others there are")
    func oneCustodian() throws {
        #expect(try Self.findings(["ann", "ann", "ann"]) == ["L402 root", "L402 base"])
        #expect(try Self.findings(["ann", "ben", "ann"]) == ["L402 root", "L402 base"])
        #expect(try Self.findings(["ann", "ben", "ann"], root: ("ab", 2)) == ["L402 base"])
        #expect(try Self.findings(["ann", "ben", "ann"], base: ("abc", 3)) == ["L402 root"])
        #expect(
            try Self.findings(["ann", "ann", "ben"], root: ("abc", 3), base: ("abc", 3), recovery: ("ab", 2)) == [
                "L402 recovery"
            ])
        // One key is for one signature, which the other finding is about; and who is not named is nobody.
        #expect(try Self.findings(["ann", "ben", "cat"], base: ("a", 1), profile: "development") == ["L401 base"])
        #expect(
            try Self.findings(["ann", "ann", "cat"], base: ("ab", 1), profile: "development")
                == ["L402 root", "L401 base", "L402 base"])
        #expect(try Self.findings(["", "", ""]) == [])
    }
}

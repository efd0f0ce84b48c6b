import PolicyCore
import PolicyTrust

package func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

package func hex(_ text: String) -> [UInt8] { must(PolicyCore.bytes(fromHexadecimal: text.utf8)) }

package func base64(_ bytes: [UInt8], _ alphabet: Base64.Alphabet = .standard) -> String {
    String(decoding: Base64.encode(bytes, alphabet), as: UTF8.self)
}

/// A constant of these tests, which is what it should be.
package func must<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a constant of these tests is wrong") }
    return value
}

/// The key of the DSSE specification's test vector (protocol.md): everybody has it.
package let specificationKey = must(
    try? SigningKey(
        seed: hex("d73ec437fd6346e3619c5ebfdfff0f6916804955ad32ac9ac492b0ede1f6ffb7"), scheme: .p256))

/// Keys by the names that these tests' roots give them.
package let people: [String: SigningKey] = {
    var keys: [String: SigningKey] = ["card": specificationKey]
    for (index, name) in ["ann", "ben", "cat", "dan", "eve"].enumerated() {
        keys[name] = must(try? SigningKey(seed: [UInt8](repeating: UInt8(index + 1), count: 32)))
    }
    return keys
}()

package func person(_ name: String) -> SigningKey { must(people[name]) }

/// A root's text, and envelope, made of parts.
package struct RootText {
    package var version: UInt64
    package var issued: String
    package var expires: String
    package var profile: String
    package var keys: [String]
    package var root: ([String], Int)
    package var base = (["ann", "ben", "card"], 2)
    package var revoke = (["cat"], 1)
    package var host = (["cat"], 1)
    package var recovery: ([String], Int)? = (["cat", "card"], 2)
    package var extra: String
    package var more = ""

    package init(
        version: UInt64 = 1, issued: String = "2026-01-01T00:00:00Z", expires: String = "2027-01-01T00:00:00Z",
        profile: String = "production", keys: [String] = ["ann", "ben", "cat", "card"],
        root: ([String], Int) = (["ann", "ben"], 2), extra: String = ""
    ) {
        self.version = version
        self.issued = issued
        self.expires = expires
        self.profile = profile
        self.keys = keys
        self.root = root
        self.extra = extra
    }

    package var text: String {
        func role(_ name: String, _ value: ([String], Int)) -> String {
            "\(name) = { keys = [\(value.0.map { "\"\($0)\"" }.joined(separator: ", "))], threshold = \(value.1) }\n"
        }
        var text = "schema = \"ringfence-root/v1\"\nkind = \"root\"\nversion = \(version)\nissued = \(issued)\n"
        text += "expires = \(expires)\nprofile = \"\(profile)\"\n\(extra)\n"
        for name in keys {
            let key = person(name).verificationKey
            text +=
                "[[key]]\nname = \"\(name)\"\nscheme = \"\(key.scheme.rawValue)\"\npublic = \"\(base64(key.bytes))\"\n\n"
        }
        text +=
            more + "[roles]\n" + role("root", root) + role("base", base) + role("revoke", revoke) + role("host", host)
        return text + (recovery.map { role("recovery", $0) } ?? "")
    }

    package func signed(by names: String...) -> [UInt8] { PolicyTesting.signed(bytes(text), as: .root, by: names) }
}

package func signed(_ text: [UInt8], as type: PayloadType, by names: [String]) -> [UInt8] {
    must(try? Envelope(signing: text, as: type, with: names.map(person))).json
}

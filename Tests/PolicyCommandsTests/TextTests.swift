import FoundationEssentials
import PolicyCore
import Testing

@testable import PolicyCommands

@Suite("Policy text, written and read again")
struct PolicyTextToolTests {
    /// In a run of its own: RINGFENCE_GENERATED_FILES=100000.
    static let files = ProcessInfo.processInfo.environment["RINGFENCE_GENERATED_FILES"].flatMap { Int($0) } ?? 3000

    private static let texts = [
        "development.toml", "production.toml", "performance-jit.toml", "air-gapped.toml", "example.toml",
        "by-digest.toml",
    ]

    @Test(
        "T72: two readers take generated texts for the same tree, and the canonical form of each says the same and is its own form"
    )
    func generated() throws {
        var accepted = 0
        for seed in 0..<Self.files {
            var source = RandomText(seed: UInt64(seed))
            let text = Array(source.document().utf8)
            let table: TOMLTable
            do throws(PolicyTextError) { table = try StrictTOML.parse(text) } catch {
                Issue.record("seed \(seed): \(error)\n\(String(decoding: text, as: UTF8.self))")
                return
            }
            accepted += 1
            do throws(SecondReader.Disagreement) { try SecondReader.confirm(table, of: text) } catch {
                Issue.record("seed \(seed): \(error)\n\(String(decoding: text, as: UTF8.self))")
                return
            }
            let form = try CanonicalText.of(text)
            let again = try StrictTOML.parse(form)
            guard again.hasSameMeaning(as: table), try CanonicalText.of(form) == form else {
                Issue.record(
                    "seed \(seed):\n\(String(decoding: text, as: UTF8.self))\n→\n\(String(decoding: form, as: UTF8.self))"
                )
                return
            }
        }
        #expect(accepted == Self.files)
    }

    @Test("T72: the second reader's veto is heard: a tree that is changed in any one place is told apart")
    func veto() throws {
        for name in Self.texts {
            let text = try shipped(name)
            let table = try StrictTOML.parse(text)
            try SecondReader.confirm(table, of: text)
            for index in table.entries.indices {
                var changed = table
                changed.entries[index].value.content = .string("something else")
                #expect(throws: SecondReader.Disagreement.self) { try SecondReader.confirm(changed, of: text) }
                var shorter = table
                shorter.entries.remove(at: index)
                #expect(throws: SecondReader.Disagreement.self) { try SecondReader.confirm(shorter, of: text) }
            }
        }
    }

    @Test("a number that the second reader cannot hold is not signed")
    func largeNumber() throws {
        let text = Array("a = 18446744073709551615\n".utf8)
        let table = try StrictTOML.parse(text)
        #expect(throws: SecondReader.Disagreement.self) { try SecondReader.confirm(table, of: text) }
    }

    @Test("the canonical form keeps comments where they stand", arguments: texts)
    func shippedForm(name: String) throws {
        let text = try shipped(name)
        let form = try CanonicalText.of(text)
        #expect(try PolicyFile(parsing: form).rules.map(\.id) == PolicyFile(parsing: text).rules.map(\.id))
        let comments = String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0.contains("#") }.count
        #expect(
            String(decoding: form, as: UTF8.self).split(separator: "\n").filter { $0.contains("#") }.count == comments)
    }

    @Test("one form: spaces, quotes, long lists")
    func form() throws {
        let text = """


            a=1 # one
            "longer" =    [ "x","y" ,]
            # alone

            \u{20}\u{20}
            [ t ]
            list = [ "x", # why
              "y" ]


            """
        let expected = """
            a      = 1  # one
            longer = ["x", "y"]
            # alone

            [t]
            list = [
                "x",  # why
                "y",
            ]

            """
        #expect(String(decoding: try CanonicalText.of(Array(text.utf8)), as: UTF8.self) == expected)
    }
}

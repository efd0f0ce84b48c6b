/// What somebody says about a program: an in-toto Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md) whose predicate is ours.
/// Nothing here says that anyone signed it.
///
///     {"_type":"https://in-toto.io/Statement/v1",
///      "subject":[{"name":"lb.o#xdp","digest":{"bpfProgV1":"<64 digits>","sha256":"<64 digits, of the object>"}}],
///      "predicateType":"urn:ringfence:program:v1",
///      "predicate":{"author":"team-net","verifier":"ringfence/4","options":"strict","verdict":"accepted"}}
package struct ProgramStatement: Equatable, Sendable {
    package static let maximumBytes = 64 * 1024
    package static let maximumSubjects = 64
    package static let statementType = "https://in-toto.io/Statement/v1"
    package static let predicateType = "urn:ringfence:program:v1"
    /// in-toto names digests by their algorithm: this one is of a program's relocation-invariant form.
    package static let programAlgorithm = "bpfProgV1"
    package static let objectAlgorithm = "sha256"

    /// The programs it speaks of; never none.
    package var programs: Set<ProgramDigest>
    /// The object files they come from, where it says so.
    package var objects: Set<ContentDigest>
    /// Who wrote the program, as the signer says.
    package var author: String
    /// The verifier that was run, as the signer says, and what it was asked to prove.
    package var verifier: String
    package var options: String
    package var verdict: String

    /// Why bytes are no statement about a program.
    package enum Problem: Error, Equatable, Sendable {
        case json(JSONError)
        /// A member is missing, or not of its kind.
        case member(String)
        /// in-toto lets a statement grow, but a predicate whose meaning we define holds what we define.
        case unknownMember(String)
        case statementType(String)
        case predicateType(String)
        case tooManySubjects(Int)
        /// A digest that is not 64 lower-case hexadecimal digits.
        case digest(String)
        /// No subject has the digest of a program.
        case noProgram

        package var code: PolicyCode {
            switch self {
            case .json(let error): error.code
            case .member, .digest: .parse
            case .unknownMember, .statementType, .predicateType, .noProgram: .schema
            case .tooManySubjects: .limit
            }
        }
    }

    /// Reads the JSON of a statement.
    package init(parsing bytes: [UInt8]) throws(Problem) {
        let document: JSONValue
        do throws(JSONError) {
            document = try StrictJSON.parse(
                bytes, maximumBytes: Self.maximumBytes, integers: true, members: Self.maximumSubjects)
        } catch {
            throw .json(error)
        }
        let type = try document.shortText("_type")
        guard type == Self.statementType else { throw .statementType(shortened(type)) }
        let predicateType = try document.shortText("predicateType")
        guard predicateType == Self.predicateType else { throw .predicateType(shortened(predicateType)) }
        guard case .array(let subjects) = document["subject"] else { throw .member("subject") }
        guard subjects.count <= Self.maximumSubjects else { throw .tooManySubjects(subjects.count) }
        programs = []
        objects = []
        for subject in subjects {
            guard case .object(let digests) = subject["digest"] else { throw .member("digest") }
            // Digests by other algorithms are others' business.
            for digest in digests {
                let isProgram = digest.name.elementsEqual(Self.programAlgorithm.utf8)
                guard isProgram || digest.name.elementsEqual(Self.objectAlgorithm.utf8) else { continue }
                guard case .string(let text) = digest.value, text.count == 64,
                    let value = ContentDigest(hexadecimal: String(decoding: text, as: UTF8.self))
                else { throw .digest(isProgram ? Self.programAlgorithm : Self.objectAlgorithm) }
                if isProgram { programs.insert(ProgramDigest(value)) } else { objects.insert(value) }
            }
        }
        guard !programs.isEmpty else { throw .noProgram }
        guard case .object(let members) = document["predicate"], let predicate = document["predicate"] else {
            throw .member("predicate")
        }
        let known = ["author", "verifier", "options", "verdict"]
        for member in members where !known.contains(where: { member.name.elementsEqual($0.utf8) }) {
            throw .unknownMember(shortened(printable(member.name)))
        }
        author = try predicate.shortText("author")
        verifier = try predicate.shortText("verifier")
        options = try predicate.shortText("options")
        verdict = try predicate.shortText("verdict")
    }

    /// A statement to be signed.
    package init(
        programs: Set<ProgramDigest>, objects: Set<ContentDigest> = [], author: String, verifier: String,
        options: String, verdict: String
    ) {
        self.programs = programs
        self.objects = objects
        self.author = author
        self.verifier = verifier
        self.options = options
        self.verdict = verdict
    }

    /// The one JSON text that we write. A program and an object are subjects of their own: each has its name.
    package func json(name: String) -> [UInt8] {
        let name = Self.quoted(name)
        let subjects =
            programs.map { (Self.programAlgorithm, $0.digest.description) }.sorted { $0.1 < $1.1 }
            + objects.map { (Self.objectAlgorithm, $0.description) }.sorted { $0.1 < $1.1 }
        let list = subjects.map { "{\"name\":\(name),\"digest\":{\"\($0.0)\":\"\($0.1)\"}}" }.joined(separator: ",")
        let predicate =
            "{\"author\":\(Self.quoted(author)),\"verifier\":\(Self.quoted(verifier)),"
            + "\"options\":\(Self.quoted(options)),\"verdict\":\(Self.quoted(verdict))}"
        return Array(
            ("{\"_type\":\"\(Self.statementType)\",\"subject\":[\(list)],"
                + "\"predicateType\":\"\(Self.predicateType)\",\"predicate\":\(predicate)}").utf8)
    }

    /// Printable ASCII in quotes; what is not, a statement of ours does not hold.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for byte in text.utf8.prefix(256) where (0x20...0x7E).contains(byte) {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted += "\\" }
            quoted.unicodeScalars.append(Unicode.Scalar(byte))
        }
        return quoted + "\""
    }
}

extension JSONValue {
    /// The string of that name: 1 to 256 bytes of printable ASCII, so that equal means the same bytes.
    fileprivate func shortText(_ name: String) throws(ProgramStatement.Problem) -> String {
        guard case .string(let text) = self[name], (1...256).contains(text.count),
            text.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw .member(name) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Foreign bytes as far as they can be shown.
private func printable(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
}

extension ProgramStatement.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .json(let error): "the statement is malformed at \(error)"
        case .member(let name): "the statement has no proper \"\(name)\""
        case .unknownMember(let name):
            "the predicate has a member \"\(name)\", which \(ProgramStatement.predicateType) has not"
        case .statementType(let type): "\"\(type)\" is no in-toto Statement v1"
        case .predicateType(let type):
            "the statement says \"\(type)\", and \"\(ProgramStatement.predicateType)\" is wanted"
        case .tooManySubjects(let count): "\(count) subjects; the limit is \(ProgramStatement.maximumSubjects)"
        case .digest(let algorithm): "a digest \"\(algorithm)\" is not 64 lower-case hexadecimal digits"
        case .noProgram: "no subject has the digest of a program (\"\(ProgramStatement.programAlgorithm)\")"
        }
    }
}

internal import Linux
internal import PolicyTrust

/// The key of a host's log, which is made with the log and stays with what the host remembers of it. Whoever checks the log elsewhere needs the
/// file with the public half, once.
enum LogKey {
    static let name = "log-key"
    static let publicName = "log-key.pub"

    /// - Parameter isNew: whether the log begins. One that is there already is not gone on with under another key.
    static func read(from states: borrowing Directory, orMake isNew: Bool, path: String) throws(LogError) -> SigningKey
    {
        let text: [UInt8]
        do throws(SystemError) {
            text = try Linux.read(try states.open(name, .read), limit: KeyFiles.maximumBytes)
        } catch {
            guard error.code == SystemError.noSuchFile else { throw .system(error) }
            guard isNew else { throw .stateMissing(path: "\(path)/\(name)") }
            return try make(in: states)
        }
        do throws(TrustError) { return try KeyFiles.readPrivateKey(text) } catch { throw .stateMalformed }
    }

    private static func make(in states: borrowing Directory) throws(LogError) -> SigningKey {
        let key: SigningKey
        do throws(TrustError) { key = try SigningKey() } catch { throw .signing("\(error)") }
        try system { () throws(SystemError) in
            // The public half first: a host that goes down in between begins anew, and then with both.
            try states.replace(publicName, with: KeyFiles.text(of: key.verificationKey, comment: "decision log"))
            try states.replace(name, with: KeyFiles.text(of: key))
        }
        return key
    }
}

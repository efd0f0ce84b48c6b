/// A fact together with the type of its value, so that a digest is never stored where a word belongs.
package struct FactKey<Value: Equatable & Sendable>: Sendable {
    package let name: FactName
    let wrap: @Sendable (Value) -> FactValue
    let unwrap: @Sendable (FactValue) -> Value?
}

extension FactKey where Value: RawRepresentable<String> {
    /// One word of a closed set.
    fileprivate init(word name: FactName) {
        self.init(
            name: name, wrap: { .one(.word($0.rawValue)) },
            unwrap: { value in
                guard case .one(.word(let word)) = value else { return nil }
                return Value(rawValue: word)
            })
    }
}

extension FactKey where Value == String {
    package static var verifierID: Self { Self(text: .verifierID) }
    package static var license: Self { Self(text: .license) }
    package static var attachTarget: Self { Self(text: .attachTarget) }
    package static var requesterCgroup: Self { Self(text: .requesterCgroup) }

    private init(text name: FactName) {
        self.init(
            name: name, wrap: { .one(.word($0)) },
            unwrap: { value in
                guard case .one(.word(let word)) = value else { return nil }
                return word
            })
    }
}

extension FactKey where Value == UInt64 {
    package static var instructions: Self { Self(number: .instructions) }
    package static var subprograms: Self { Self(number: .subprograms) }
    package static var stack: Self { Self(number: .stack) }
    package static var mapBytes: Self { Self(number: .mapBytes) }
    package static var requesterUID: Self { Self(number: .requesterUID) }
    /// `KERNEL_VERSION` of the running kernel.
    package static var hostKernel: Self { Self(number: .hostKernel) }
    package static var hostJITHardening: Self { Self(number: .hostJITHardening) }
    /// Seconds.
    package static var policyAge: Self { Self(number: .policyAge) }
    package static var revocationAge: Self { Self(number: .revocationAge) }

    private init(number name: FactName) {
        self.init(
            name: name, wrap: { .one(.number($0)) },
            unwrap: { value in
                guard case .one(.number(let number)) = value else { return nil }
                return number
            })
    }
}

extension FactKey where Value == Bool {
    package static var loops: Self { Self(flag: .loops) }
    package static var tailCalls: Self { Self(flag: .tailCalls) }
    package static var btf: Self { Self(flag: .btf) }
    package static var coreRelocations: Self { Self(flag: .coreRelocations) }
    package static var hostNested: Self { Self(flag: .hostNested) }

    private init(flag name: FactName) {
        self.init(
            name: name, wrap: { .one(.flag($0)) },
            unwrap: { value in
                guard case .one(.flag(let flag)) = value else { return nil }
                return flag
            })
    }
}

extension FactKey where Value == ContentDigest {
    package static var object: Self { Self(digest: .object) }
    package static var platform: Self { Self(digest: .platform) }
    package static var requesterExecutable: Self { Self(digest: .requesterExecutable) }

    private init(digest name: FactName) {
        self.init(
            name: name, wrap: { .one(.digest($0)) },
            unwrap: { value in
                guard case .one(.digest(let digest)) = value else { return nil }
                return digest
            })
    }
}

extension FactKey where Value == ProgramDigest {
    package static var program: Self {
        Self(
            name: .program, wrap: { .one(.digest($0.digest)) },
            unwrap: { value in
                guard case .one(.digest(let digest)) = value else { return nil }
                return ProgramDigest(digest)
            })
    }
}

extension FactKey {
    /// A set of things that each have an atom.
    fileprivate init<Element: Hashable>(
        set name: FactName, _ wrap: @escaping @Sendable (Element) -> FactAtom,
        _ unwrap: @escaping @Sendable (FactAtom) -> Element?
    ) where Value == Set<Element> {
        self.init(
            name: name, wrap: { .many(Set($0.map(wrap))) },
            unwrap: { value in
                guard case .many(let atoms) = value else { return nil }
                return Set(atoms.compactMap(unwrap))
            })
    }
}

extension FactKey where Value == Set<HelperFunction> {
    package static var helpers: Self {
        Self(set: .helpers, { .number(UInt64($0.number)) }) { atom in
            guard case .number(let number) = atom else { return nil }
            return HelperFunction(number: UInt32(truncatingIfNeeded: number))
        }
    }
}

extension FactKey where Value == Set<KeyID> {
    /// The keys that signed an attestation of this program which holds.
    package static var signer: Self {
        Self(set: .signer, { .digest($0.digest) }) { atom in
            guard case .digest(let digest) = atom else { return nil }
            return KeyID(digest: digest)
        }
    }
}

extension FactKey where Value == Set<ContentDigest> {
    /// The statements that were signed.
    package static var attestation: Self {
        Self(set: .attestation, { .digest($0) }) { atom in
            guard case .digest(let digest) = atom else { return nil }
            return digest
        }
    }
}

extension FactKey where Value == Set<String> {
    package static var hostLabel: Self {
        Self(set: .hostLabel, { .word($0) }) { atom in
            guard case .word(let word) = atom else { return nil }
            return word
        }
    }
}

extension FactKey {
    fileprivate init<Element: RawRepresentable<String> & Hashable & Sendable>(words name: FactName)
    where Value == Set<Element> {
        self.init(set: name, { .word($0.rawValue) }) { atom in
            guard case .word(let word) = atom else { return nil }
            return Element(rawValue: word)
        }
    }
}

extension FactKey where Value == Set<MapKind> { package static var maps: Self { Self(words: .maps) } }
extension FactKey where Value == Set<MapFlag> { package static var mapFlags: Self { Self(words: .mapFlags) } }
extension FactKey where Value == ProgramVerdict { package static var verdict: Self { Self(word: .verdict) } }
extension FactKey where Value == VerifierIdentity.Options {
    package static var verifierOptions: Self { Self(word: .verifierOptions) }
}
extension FactKey where Value == ProgramType { package static var type: Self { Self(word: .type) } }
extension FactKey where Value == AttachType { package static var attach: Self { Self(word: .attach) } }
extension FactKey where Value == HostKVM { package static var hostKVM: Self { Self(word: .hostKVM) } }
extension FactKey where Value == HostFeature {
    package static var hostSeccomp: Self { Self(word: .hostSeccomp) }
    package static var hostLandlock: Self { Self(word: .hostLandlock) }
    package static var hostUserNamespaces: Self { Self(word: .hostUserNamespaces) }
    package static var hostTPM: Self { Self(word: .hostTPM) }
}
extension FactKey where Value == HostLockdown { package static var hostLockdown: Self { Self(word: .hostLockdown) } }
extension FactKey where Value == HostSwitch {
    package static var hostMDWE: Self { Self(word: .hostMDWE) }
    package static var hostSecureBoot: Self { Self(word: .hostSecureBoot) }
}

/// Everything that is known when a decision is made: for each name a value with its provenance, or the reason why there is none.
package struct Facts: Equatable, Sendable {
    /// In the order of ``FactName``.
    private var table: [Fact<FactValue>]

    /// Nothing is known.
    package init() { table = [Fact<FactValue>](repeating: .unknown(.absent), count: FactName.count) }

    package init(program: ProgramIdentity = ProgramIdentity(), hostKVM: Fact<HostKVM> = .unknown(.absent)) {
        self = program.facts
        self[.hostKVM] = hostKVM
    }

    package subscript(named name: FactName) -> Fact<FactValue> { table[name.index] }

    package subscript<Value>(_ key: FactKey<Value>) -> Fact<Value> {
        get {
            switch table[key.name.index] {
            case .known(let value, let provenance):
                key.unwrap(value).map { .known($0, provenance) } ?? .unknown(.extractionFailed("not of its type"))
            case .unknown(let cause): .unknown(cause)
            }
        }
        set {
            table[key.name.index] =
                switch newValue {
                case .known(let value, let provenance): .known(key.wrap(value), provenance)
                case .unknown(let cause): .unknown(cause)
                }
        }
    }

    /// Sets a fact from the words that a record, a self-test or an assumption spells it with.
    ///
    /// - Returns: false where the words mean no value of that fact; nothing is changed then.
    package mutating func set(_ name: FactName, words: [String], _ provenance: Provenance) -> Bool {
        guard let value = name.shape.value(words) else { return false }
        table[name.index] = .known(value, provenance)
        return true
    }

    /// Sets a fact to what a record of it says. That its value is of the fact's shape is the caller's promise; were it not, no condition on
    /// it would be known.
    package mutating func set(_ name: FactName, _ fact: Fact<FactValue>) { table[name.index] = fact }

    package mutating func forget(_ name: FactName, _ cause: Cause) { table[name.index] = .unknown(cause) }

    /// The facts of the program alone; those of the host, of the request and of time are not given in it.
    package var program: ProgramIdentity {
        get {
            var facts = self
            for name in FactName.allCases where !name.isOfProgram { facts.forget(name, .absent) }
            return ProgramIdentity(facts: facts)
        }
        set {
            for name in FactName.allCases where name.isOfProgram { table[name.index] = newValue.facts[named: name] }
        }
    }

    /// The same, with the facts of the host taken from elsewhere: what is known there counts, and what is not stays as it is.
    package func adding(_ other: Facts) -> Facts {
        var facts = self
        for name in FactName.allCases {
            if case .known = other[named: name] { facts.table[name.index] = other[named: name] }
        }
        return facts
    }
}

/// What is known about a program, whatever host it is on: what a decision is bound to.
package struct ProgramIdentity: Equatable, Sendable {
    package fileprivate(set) var facts: Facts

    fileprivate init(facts: Facts) { self.facts = facts }

    package init() { facts = Facts() }

    package init(
        digest: Fact<ProgramDigest> = .unknown(.absent), type: Fact<ProgramType> = .unknown(.absent),
        helpers: Fact<Set<HelperFunction>> = .unknown(.absent), instructionCount: Fact<UInt64> = .unknown(.absent),
        verdict: Fact<ProgramVerdict> = .unknown(.absent), verifier: Fact<VerifierIdentity> = .unknown(.absent)
    ) {
        facts = Facts()
        self[.program] = digest
        self[.type] = type
        self[.helpers] = helpers
        self[.instructions] = instructionCount
        self[.verdict] = verdict
        self.verifier = verifier
    }

    /// Everything known, from the bytes of the program.
    package init(
        digest: ProgramDigest, type: ProgramType, helpers: Set<HelperFunction>, instructionCount: UInt64,
        verdict: ProgramVerdict, verifier: VerifierIdentity
    ) {
        self.init(
            digest: .known(digest, .proven), type: .known(type, .proven), helpers: .known(helpers, .proven),
            instructionCount: .known(instructionCount, .proven), verdict: .known(verdict, .proven),
            verifier: .known(verifier, .proven))
    }

    package subscript<Value>(_ key: FactKey<Value>) -> Fact<Value> {
        get { facts[key] }
        set {
            precondition(key.name.isOfProgram, "a fact of the host is none of the program")
            facts[key] = newValue
        }
    }

    package var digest: Fact<ProgramDigest> {
        get { self[.program] }
        set { self[.program] = newValue }
    }
    package var type: Fact<ProgramType> {
        get { self[.type] }
        set { self[.type] = newValue }
    }
    package var helpers: Fact<Set<HelperFunction>> {
        get { self[.helpers] }
        set { self[.helpers] = newValue }
    }
    package var verdict: Fact<ProgramVerdict> {
        get { self[.verdict] }
        set { self[.verdict] = newValue }
    }

    /// The verifier that spoke, and what it was asked to prove: two facts that come together.
    package var verifier: Fact<VerifierIdentity> {
        get {
            switch (self[.verifierID], self[.verifierOptions]) {
            case (.known(let id, let provenance), .known(let options, _)):
                VerifierIdentity(id: id, options: options).map { .known($0, provenance) }
                    ?? .unknown(.extractionFailed("no verifier is called \(shortened(id))"))
            case (.unknown(let cause), _), (_, .unknown(let cause)): .unknown(cause)
            }
        }
        set {
            switch newValue {
            case .known(let verifier, let provenance):
                self[.verifierID] = .known(verifier.id, provenance)
                self[.verifierOptions] = .known(verifier.options, provenance)
            case .unknown(let cause):
                self[.verifierID] = .unknown(cause)
                self[.verifierOptions] = .unknown(cause)
            }
        }
    }

    /// Whether the verifier is known to have proven the program safe. What is not known has not passed.
    package var isVerified: Bool { verdict.value?.isPass ?? false }
}

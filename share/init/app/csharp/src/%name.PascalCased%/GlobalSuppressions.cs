using System.Diagnostics.CodeAnalysis;

// A construct is made for what its constructor does: it enters its scope.
[assembly: SuppressMessage("Performance", "CA1806:Do not ignore method results", Justification = "Constructs add themselves to their scope")]

using System.Text.Json;

namespace BackupTools.Pester;

/// <summary>Runs the Pester tests beside this file wherever there is a PowerShell.</summary>
public sealed class PesterTests
{
    private const string Required = "BACKUPTOOLS_REQUIRE_PWSH";

    [SkippableFact]
    public void All_Pester_tests_pass_and_none_is_lost()
    {
        string directory = Path.Join(Checkout.Directory, "tests", "Pester");
        if (PowerShellProgram.Find() is not { } program)
        {
            SkipFor("there is no PowerShell: pwsh was found neither on PATH nor where its installers put it");
            return;
        }

        string resultPath = Path.GetTempFileName();
        try
        {
            (int exitCode, string output) = PowerShellProgram.RunFile(
                program, Path.Join(directory, "Invoke-AllTests.ps1"), "-ResultPath", resultPath);
            Assert.True(exitCode == 0, $"The run itself failed with {exitCode}:\n{output}");
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(resultPath));
            JsonElement result = document.RootElement;
            if (result.GetProperty("missing").GetArrayLength() > 0)
            {
                SkipFor(string.Join("; ", result.GetProperty("missing").EnumerateArray().Select(reason => reason.GetString())));
                return;
            }

            Compare(result, Path.Join(directory, "expected-counts.json"), output);
        }
        finally
        {
            File.Delete(resultPath);
        }
    }

    private static void Compare(JsonElement result, string expectedPath, string output)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(expectedPath));
        int total = Count(result, "total");
        int passed = Count(result, "passed");
        int failed = Count(result, "failed");
        int skipped = Count(result, "skipped");
        Tell($"PowerShell {result.GetProperty("powershell").GetString()}, Pester {result.GetProperty("pester").GetString()}: " +
            $"{total} tests, {passed} passed, {failed} failed, {skipped} skipped");

        string failures = string.Join('\n', result.GetProperty("failures").EnumerateArray().Select(failure => failure.GetString()));
        Assert.True(failed == 0, $"{failed} Pester tests failed:\n{failures}\n\n{output}");
        Assert.True(total > 0, $"No Pester test was found:\n{output}");
        int expected = Count(document.RootElement, "total");
        Assert.True(total == expected, $"{total} Pester tests ran, {expected} are expected: after adding or removing some, say so in expected-counts.json.");

        // What is skipped for want of a tool may be so on somebody's machine, not where all is said to be there.
        Assert.Equal(total, passed + skipped);
        if (IsRequired)
        {
            Assert.Equal(Count(document.RootElement, "skipped"), skipped);
        }
    }

    private static int Count(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static bool IsRequired => Environment.GetEnvironmentVariable(Required) == "1";

    private static void SkipFor(string reason)
    {
        Assert.False(IsRequired, $"{Required} is 1, but the Pester tests cannot run: {reason}.");
        Tell($"Pester tests skipped: {reason}");
        Skip.If(true, $"The Pester tests were skipped: {reason}.");
    }

    // The project's targets print this file after the run.
    private static void Tell(string line) => File.WriteAllText(Checkout.PesterReport, line + Environment.NewLine);
}

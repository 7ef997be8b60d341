using BackupTools.Reliability.Faults.Durability;
using BackupTools.Reliability.Faults.Injection;

namespace BackupTools.Reliability.Faults.Scenes;

/// <summary>
/// One place where a scene is played again and again, each time from the same beginning: manifests and records tell
/// full paths, so it is always the same one.
/// </summary>
internal sealed class Stage : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Scene _scene;

    /// <summary>Builds the scene and plays it once with nothing struck.</summary>
    public Stage(Scene scene)
    {
        _scene = scene;
        Directory.CreateDirectory(Place);
        scene.Build(Place);
        Tool.Run("mv", [Place, Template]);
        IReadOnlyList<FileCall> calls = [];
        Play(() =>
        {
            scene.Remember(Place, isAfter: false);
            FaultRun run = FaultRun.Run(Place, Fault.None, scene.Arguments, Output);
            run.Result.Expect(0);
            scene.Remember(Place, isAfter: true);
            calls = run.Calls;
        });
        Calls = calls;
    }

    /// <summary>Where the scene is played.</summary>
    public string Place => _directory["place"];

    private string Output => _directory["output"];

    private string Template => _directory["template"];

    /// <summary>The calls of a run that nothing struck.</summary>
    public IReadOnlyList<FileCall> Calls { get; }

    /// <summary>The calls of a run that nothing strikes, as strace sees them.</summary>
    /// <param name="hasSyncFileSystem">Whether the file system may be one that syncfs is good for.</param>
    public IReadOnlyList<TracedCall> Trace(bool hasSyncFileSystem)
    {
        IReadOnlyList<TracedCall> calls = [];
        Play(() => calls = Durability.Trace.Of(Place, _scene.Arguments, hasSyncFileSystem));
        return calls;
    }

    /// <summary>Plays the scene with a fault, and checks what came of it.</summary>
    public void Strike(Fault fault) => Play(() =>
    {
        FaultRun run = FaultRun.Run(Place, fault, _scene.Arguments, Output);
        try
        {
            _scene.Check(Place, run, fault);
        }
        catch (Exception e)
        {
            string struck = run.Struck is { } call ? $"{fault.Kind} {fault.Error} at call {fault.At}: {call.Describe(Place)}" : "nothing was struck";
            string next = run.Calls.Count > fault.At ? $"; the call after it: {run.Calls[fault.At].Describe(Place)}" : string.Empty;
            Assert.Fail($"{struck}{next}\n{run.Result}\n{(e is Xunit.Sdk.XunitException ? e.Message : e)}");
        }
    });

    public void Dispose() => _directory.Dispose();

    private void Play(Action action)
    {
        Tool.Run("cp", ["-a", Template, Place]);
        try
        {
            _scene.Enter(Place);
            try
            {
                action();
            }
            finally
            {
                _scene.Leave(Place);
            }
        }
        finally
        {
            Tool.Run("rm", ["-rf", Place]);
        }
    }
}

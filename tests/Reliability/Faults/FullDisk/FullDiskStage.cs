using BackupTools.Core;
using BackupTools.Reliability.Faults.Injection;
using BackupTools.Reliability.Faults.Scenes;

namespace BackupTools.Reliability.Faults.FullDisk;

/// <summary>A place with a small file system in it, where a scene is played with more room or less.</summary>
internal sealed class FullDiskStage : IDisposable
{
    private static readonly SystemCall s_write = SystemCalls.Watched.Values.Single(static call => call.Name == "write");

    private readonly TemporaryDirectory _directory = new();
    private readonly Scene _scene;
    private readonly string _small;
    private (int Pages, int Inodes) _growth;

    /// <summary>Builds the scene and plays it once with room enough.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="small">What of the place is on the small file system; all of it where it is empty.</param>
    public FullDiskStage(Scene scene, string small)
    {
        _scene = scene;
        _small = small;
        Directory.CreateDirectory(Place);
        scene.Build(Place);
        Tool.Run("mv", [Place, Template]);
        Play(small =>
        {
            scene.Remember(Place, isAfter: false);
            (int pages, int inodes) = small.Used;
            Command.Run(Place, [.. scene.Arguments]).Expect(Outcome.Done);
            _growth = (small.Used.Pages - pages, small.Used.Inodes - inodes);
            scene.Remember(Place, isAfter: true);
        });
    }

    private string Place => _directory["place"];

    private string Template => _directory["template"];

    /// <summary>The least room found by doubling with which there is enough of it, from what a run takes that has plenty.</summary>
    public int FindEnough(Room room)
    {
        int free = Math.Max(1, room == Room.Pages ? _growth.Pages : _growth.Inodes);
        while (!IsEnough(room, free))
        {
            free *= 2;
            Assert.True(free < 10_000, "no room was enough");
        }

        return free;
    }

    /// <summary>Plays the scene with so much room, and checks what came of it with room enough again.</summary>
    /// <returns>Whether there was too little.</returns>
    public bool Try(Room room, int free)
    {
        bool isFull = false;
        Play(small =>
        {
            small.Leave(room, free);
            CommandResult result = Command.Run(Place, [.. _scene.Arguments]);
            small.MakeRoom();
            isFull = result.ExitCode != Outcome.Done;
            try
            {
                if (isFull)
                {
                    result.Expect(Outcome.Failed);
                    Assert.True(
                        result.Error.Contains("No space left on device", StringComparison.Ordinal) || result.Error.Contains("Make room", StringComparison.Ordinal),
                        "it was not told that there is no room");
                }

                Fault fault = new(FaultKind.Fail, free, SystemError.ENOSPC);
                FileCall? struck = isFull ? new FileCall(s_write, s_write.Traits, Place, null) : null;
                _scene.Check(Place, new FaultRun(result, [], struck), fault);
            }
            catch (Exception e)
            {
                Assert.Fail($"with {free} {room} free: {result}\n{(e is Xunit.Sdk.XunitException ? e.Message : e)}");
            }
        });
        return isFull;
    }

    public void Dispose() => _directory.Dispose();

    private bool IsEnough(Room room, int free)
    {
        bool isEnough = false;
        Play(small =>
        {
            small.Leave(room, free);
            isEnough = Record.Exception(() => _scene.RunDirectly(Place)) is not { } e ? true
                : e is BackupException or Xunit.Sdk.XunitException ? false
                : throw e;
        });
        return isEnough;
    }

    private void Play(Action<SmallFileSystem> action)
    {
        string directory = Path.Join(Place, _small);
        Directory.CreateDirectory(directory);
        try
        {
            using SmallFileSystem small = new(directory);
            Tool.Run("cp", ["-a", Template + "/.", Place]);
            _scene.Enter(Place);
            try
            {
                action(small);
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

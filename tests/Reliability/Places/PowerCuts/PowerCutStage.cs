using System.Globalization;
using BackupTools.Reliability.Faults.Injection;
using BackupTools.Reliability.Faults.Scenes;
using Microsoft.Win32.SafeHandles;

namespace BackupTools.Reliability.Places.PowerCuts;

/// <summary>A disk as a power cut leaves it.</summary>
/// <param name="Image">The disk.</param>
/// <param name="Number">Which state of it in the run.</param>
/// <param name="IsTold">Whether the run had told success before.</param>
internal sealed record PowerCut(string Image, int Number, bool IsTold);

/// <summary>
/// A disk on which a scene is played, while its states are taken: each time after something was written to it, and at last
/// when the run has told success.
/// </summary>
internal sealed class PowerCutStage : IDisposable
{
    private static readonly SystemCall s_write = SystemCalls.Watched.Values.Single(static call => call.Name == "write");

    private readonly TemporaryDirectory _directory = new();
    private readonly ReflinkPlace _images;
    private readonly DiskFormat _format;
    private readonly Scene _scene;
    private readonly string _disk;
    private int _count;

    /// <summary>Builds the scene and plays it once without a cut.</summary>
    /// <param name="images">Where disks lie.</param>
    /// <param name="format">What the disk is made with.</param>
    /// <param name="scene">The scene.</param>
    public PowerCutStage(ReflinkPlace images, DiskFormat format, Scene scene)
    {
        _images = images;
        _format = format;
        _scene = scene;
        _disk = NewImage();
        try
        {
            Build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private string Place => _directory["place"];

    /// <summary>Plays the scene and takes the disk's states.</summary>
    public List<PowerCut> Run()
    {
        string image = Clone(_disk);
        List<PowerCut> cuts = [];
        using SafeFileHandle handle = File.OpenHandle(image);
        Play(image, disk =>
        {
            Task<CommandResult> running = Task.Factory.StartNew(
                () => Command.Run(Place, [.. _scene.Arguments]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            string written = disk.Written;
            bool isTold;
            do
            {
                // Asked before: what is told while the disk is cloned may not be in it.
                isTold = running.IsCompleted;
                string now = disk.Written;
                if (isTold || now != written)
                {
                    written = now;
                    cuts.Add(new PowerCut(NewImage(), cuts.Count, isTold));
                    ReflinkPlace.Clone(handle, cuts[^1].Image);
                }
            }
            while (!isTold);

            running.GetAwaiter().GetResult().Expect(Outcome.Done);
        });
        File.Delete(image);
        return cuts;
    }

    /// <summary>Mounts the disk of a cut, as after the next start, and checks what stands there.</summary>
    public void Check(PowerCut cut) => Play(cut.Image, _ =>
    {
        try
        {
            if (cut.IsTold)
            {
                _scene.CheckTold(Place);
            }

            FileCall struck = new(s_write, s_write.Traits, Place, null);
            CommandResult result = new(string.Join(' ', _scene.Arguments), CommandResult.Killed, string.Empty, string.Empty);
            _scene.Check(Place, new FaultRun(result, [], struck), new Fault(FaultKind.Kill, cut.Number));
        }
        catch (Exception e)
        {
            string when = cut.IsTold ? "after success was told" : "while it ran";
            Assert.Fail($"power was cut {when}, {_scene.Name}:\n{(e is Xunit.Sdk.XunitException ? e.Message : e)}");
        }
    });

    public void Dispose()
    {
        foreach (string image in Directory.GetFiles(_images[string.Empty], Prefix + "*"))
        {
            File.Delete(image);
        }

        _directory.Dispose();
    }

    private void Build()
    {
        Directory.CreateDirectory(Place);
        _scene.Build(Place);
        Tool.Run("mv", [Place, _directory["template"]]);
        Directory.CreateDirectory(Place);
        _format.Create(_disk, _directory["template"], Place);
        string rehearsal = Clone(_disk);
        Play(rehearsal, _ =>
        {
            _scene.Remember(Place, isAfter: false);
            Command.Run(Place, [.. _scene.Arguments]).Expect(Outcome.Done);
            _scene.Remember(Place, isAfter: true);
        });
        File.Delete(rehearsal);
    }

    private string Prefix => Path.GetFileName(_directory.Path) + "-";

    private string NewImage() => _images[string.Create(CultureInfo.InvariantCulture, $"{Prefix}{_count++}")];

    private string Clone(string image)
    {
        string clone = NewImage();
        using SafeFileHandle handle = File.OpenHandle(image);
        ReflinkPlace.Clone(handle, clone);
        return clone;
    }

    private void Play(string image, Action<MountedDisk> action)
    {
        using MountedDisk disk = MountedDisk.Mount(_format, image, Place);
        _scene.Enter(Place);
        try
        {
            action(disk);
        }
        finally
        {
            _scene.Leave(Place);
        }
    }
}

using System.Diagnostics;
using System.Text;
using BackupTools.Core.FileSystem;

namespace BackupTools.Core.Tests.Sources;

/// <summary>A tree of odd names, and what git says about them.</summary>
internal sealed class GitOracle : IDisposable
{
    private static readonly byte[][] s_names =
    [
        .. new[]
        {
            "a", "b", "B", "ab", "ba", "abb", "a b", "a ", " ", "]", "[", "-", "!", "!a", "#", "#a", "^", "\\", "a\\",
            "*", "**", "?", ".a", "a.b", "é", "aé", "a\nb", "\t", "\v", "7", "a\r", "[a", "[a-b",
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'a', 0xff],
        [0x80],
    ];

    private readonly TemporaryDirectory _directory = new();

    public GitOracle()
    {
        Run("init -q .", []);
        using DirectoryHandle root = DirectoryHandle.Open(_directory.Path);
        Fill(root, TreePath.Root, 3);
    }

    public static bool IsThere { get; } = Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Any(folder => File.Exists(System.IO.Path.Join(folder, "git")));

    public List<(TreePath Path, bool IsDirectory)> Entries { get; } = [];

    public HashSet<TreePath> Ignored(string[] patterns)
    {
        File.WriteAllText(_directory[".git", "info", "exclude"], string.Join('\n', patterns) + "\n");
        List<byte> input = [];
        foreach ((TreePath path, _) in Entries)
        {
            input.AddRange(path.Bytes);
            input.Add(0);
        }

        HashSet<TreePath> ignored = [];
        byte[] output = Run("check-ignore --no-index -z --stdin", [.. input]);
        int start = 0;
        for (int i = 0; i < output.Length; i++)
        {
            if (output[i] == 0)
            {
                Assert.True(TreePath.TryCreate(output.AsSpan(start..i), out TreePath path));
                ignored.Add(path);
                start = i + 1;
            }
        }

        return ignored;
    }

    public void Dispose() => _directory.Dispose();

    // In each directory every name as a file but "a", "ab" and "b", which are directories down to the last level.
    private void Fill(DirectoryHandle directory, TreePath at, int levels)
    {
        foreach (EntryName name in s_names.Select(bytes => EntryName.FromBytes(bytes)))
        {
            TreePath path = at.Append(name);
            bool isDirectory = levels > 0 && name.Text is ("a" or "ab" or "b");
            Entries.Add((path, isDirectory));
            if (isDirectory)
            {
                directory.CreateDirectory(name, 0b111_000_000);
                using DirectoryHandle below = directory.OpenDirectory(name);
                Fill(below, path, levels - 1);
            }
            else
            {
                directory.CreateFile(name, 0b110_000_000).Dispose();
            }
        }
    }

    private byte[] Run(string arguments, byte[] input)
    {
        ProcessStartInfo start = new("git", arguments)
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["GIT_CONFIG_GLOBAL"] = "/dev/null",
                ["GIT_CONFIG_NOSYSTEM"] = "1",
                ["HOME"] = _directory.Path,
            },
        };
        using Process process = Process.Start(start)!;
        Task feed = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        using MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        feed.Wait();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, $"git {arguments} exited with {process.ExitCode}.");
        return output.ToArray();
    }
}

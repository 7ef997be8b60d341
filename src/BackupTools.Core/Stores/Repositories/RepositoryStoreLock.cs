using System.Diagnostics.CodeAnalysis;
using BackupTools.Core.FileSystem;
using BackupTools.Restic;
using BackupTools.Restic.Locks;

namespace BackupTools.Core.Stores.Repositories;

/// <summary>A lock by restic's protocol: shared to read and to add, exclusive to remove and to check.</summary>
internal sealed class RepositoryStoreLock : IStoreLock
{
    private readonly Repository _repository;
    private RepositoryLock? _held;

    private RepositoryStoreLock(Repository repository, RepositoryLock? held)
    {
        _repository = repository;
        _held = held;
    }

    /// <summary>The lock where it is exclusive.</summary>
    public RepositoryLock? Exclusive => _held is { Mode: RepositoryLockMode.Exclusive } ? _held : null;

    /// <summary>Locks a repository; to read one that cannot be written, no lock is needed.</summary>
    public static RepositoryStoreLock Acquire(Repository repository, StoreUse use, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            return new RepositoryStoreLock(repository, use switch
            {
                StoreUse.Read => repository.LockToRead(RepositoryLockMode.Shared, timeout, cancellation),
                StoreUse.Check => repository.LockToRead(RepositoryLockMode.Exclusive, timeout, cancellation),
                StoreUse.Add => repository.Lock(RepositoryLockMode.Shared, timeout, cancellation),
                _ => repository.Lock(RepositoryLockMode.Exclusive, timeout, cancellation),
            });
        }
        catch (Exception e) when (use is StoreUse.Read or StoreUse.Check && IsNotWritable(e))
        {
            return new RepositoryStoreLock(repository, null);
        }
    }

    public void Confirm(CancellationToken cancellation) => RepositoryErrors.Translate(
        _repository.Backend.Location,
        "Nothing was changed.",
        () =>
        {
            _held?.Confirm(cancellation);
            return true;
        });

    // Exclusive is who is alone, so our own lock has to go first: what was to be added is there by now.
    public bool TryAllowRemoval([NotNullWhen(false)] out string? obstacle)
    {
        obstacle = null;
        if (Exclusive is not null)
        {
            return true;
        }

        Release();
        try
        {
            _held = _repository.Lock(RepositoryLockMode.Exclusive, TimeSpan.Zero);
            return true;
        }
        catch (Exception e) when (RepositoryErrors.IsMine(e))
        {
            // The snapshot is made all the same.
            obstacle = e is RepositoryException { Error: RepositoryError.Locked }
                ? "others are using the repository"
                : "the repository could not be locked: " + e.Message.TrimEnd('.');
            return false;
        }
    }

    public void Dispose() => Release();

    private void Release()
    {
        try
        {
            _held?.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Others will see that its process is dead, or that it is old.
        }

        _held = null;
    }

    private static bool IsNotWritable(Exception e) =>
        e is UnauthorizedAccessException
        || (e is IOException && PosixErrors.Classify(e.HResult) is FileSystemError.ReadOnly or FileSystemError.AccessDenied);
}

"""Where recordings are kept, by the settings: in a folder, or in a bucket for several nodes."""

from __future__ import annotations

from adapter.settings import Settings
from adapter.store.audio_files import AudioFiles
from adapter.store.bucket import Bucket, Place
from adapter.store.bucket_audio import BucketAudio
from adapter.store.vault import Vault


def open_audio(settings: Settings, vault: Vault | None = None) -> AudioFiles:
    """The recordings of an installation; raises ConfigurationError."""
    folder = settings.data_dir / "audio"
    if not settings.audio_store:
        return AudioFiles(folder, vault)
    endpoint, region = settings.audio_store_endpoint, settings.audio_store_region
    return BucketAudio(folder, Bucket(Place(settings.audio_store, endpoint, region)), vault)

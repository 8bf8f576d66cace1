"""Everything about files that is more than one call, put together."""

from dataclasses import dataclass

from bot.access.acting import Acting
from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.fleet.shelf import Shelf
from bot.pterodactyl import Network
from bot.supervisor import Supervisor
from bot.ui.confirm import Confirmations
from bot.ui.files_cards import Showing
from bot.ui.files_places import Places
from bot.work.consents import Consents
from bot.work.files_attachments import Attachments
from bot.work.files_calls import FileCalls
from bot.work.files_changes import FileChanges
from bot.work.files_editing import FileEditing
from bot.work.files_edits import Edits
from bot.work.files_folders import Folders
from bot.work.files_pulls import FilePulls
from bot.work.files_transfers import FileTransfers


@dataclass(frozen=True)
class FileWork:
    """The parts behind `/files`."""

    places: Places
    folders: Folders
    changes: FileChanges
    editing: FileEditing
    transfers: FileTransfers
    pulls: FilePulls
    gate: Gate
    directory: Directory

    def may(self, admitted: Admitted, right: str) -> bool:
        """Whether the member of `admitted` has another right on the same server."""
        action = Action(admitted.action.name, right, on_server=True)
        said = self.gate.decide(admitted.guild_id, admitted.actor, action, admitted.server)
        return isinstance(said, Allow | Ask)

    def require(self, admitted: Admitted, right: str) -> None:
        """The second right of an action that takes two.

        Raises:
            NotAdmitted: The member hasn't got it.
        """
        self.gate.admit(
            admitted.guild_id,
            admitted.channel_id,
            admitted.actor,
            Action(admitted.action.name, right, on_server=True),
            admitted.reference,
            target=admitted.server,
        )

    def showing(self, admitted: Admitted) -> Showing:
        """For whom, and of which server, a card is made."""
        return Showing(
            admitted.server,
            self.directory.label(admitted.server),
            lambda place: self.places.token(admitted.actor.id, place),
            lambda right: self.may(admitted, right),
        )


def file_work(
    *,
    gate: Gate,
    acting: Acting,
    shelf: Shelf,
    directory: Directory,
    supervisor: Supervisor,
    network: Network,
    confirmations: Confirmations,
    consents: Consents,
    clock: Clock,
) -> FileWork:
    """Put the parts together."""
    folders = Folders(acting, shelf, clock)
    calls = FileCalls(acting, supervisor, clock)
    attachments = Attachments(network)
    changes = FileChanges(calls, folders, clock)
    consents.carry_out_with("file-delete", changes.delete_agreed, changes.is_deleted)
    consents.carry_out_with("file-extract", changes.unpack_agreed, changes.is_unpacked)
    return FileWork(
        places=Places(),
        folders=folders,
        changes=changes,
        editing=FileEditing(
            acting=acting,
            calls=calls,
            folders=folders,
            edits=Edits(clock),
            attachments=attachments,
            confirmations=confirmations,
            consents=consents,
        ),
        transfers=FileTransfers(
            acting=acting,
            calls=calls,
            folders=folders,
            attachments=attachments,
            confirmations=confirmations,
            consents=consents,
            clock=clock,
        ),
        pulls=FilePulls(calls, folders, confirmations, consents, clock),
        gate=gate,
        directory=directory,
    )

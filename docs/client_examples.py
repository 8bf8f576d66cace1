"""An example for each method of the client, shown in client.md and run by a test.

`panel` is a `Client`, `server` a server's uuid; other names stand for what was read before.
"""

from typing import Final

EXAMPLES: Final[dict[str, str]] = {
    "background": """\
for server in await panel.background.servers.list_servers():
    print(server.name)
""",
    "patient": """\
try:
    await panel.patient(25).servers.send_power_action(server, "start")
except Limited as limited:
    print(f"not sent; try again in {limited.retry_after:.0f} s")
""",
    "budget": """\
await panel.account.get_account()
print(panel.budget.rest, "of", panel.budget.limit, "calls left")
""",
    "close": """\
panel = Client(url, key)
try:
    await panel.account.get_account()
finally:
    await panel.close()
""",
    "account.get_account": """\
account = await panel.account.get_account()
print(account.username, account.email, account.admin)
""",
    "account.update_email": """\
await panel.account.update_email("new@example.com", password)
""",
    "account.update_password": """\
await panel.account.update_password(password, "correct horse", "correct horse")
""",
    "account.update_username": """\
try:
    await panel.account.update_username("alice2", password)
except NotFound as missing:
    print("not Pelican:", missing.route_unknown)
""",
    "account.get_2fa_setup_code": """\
setup = await panel.account.get_2fa_setup_code()
draw_qr_code(setup.image_url_data.reveal())
""",
    "account.enable_2fa": """\
await panel.account.get_2fa_setup_code()
try:
    tokens = await panel.account.enable_2fa("012345", password)
    keep([token.reveal() for token in tokens.tokens])
except Declined as declined:
    print(declined.reason)  # wrong_code, wrong_password
""",
    "account.disable_2fa": """\
await panel.account.disable_2fa(password)
""",
    "account.api_key_list": """\
for api_key in await panel.account.api_key_list():
    print(api_key.identifier, api_key.description, api_key.last_used_at)
""",
    "account.api_key_create": """\
made = await panel.account.api_key_create("for the bot", ["203.0.113.7"])
keep(made.full_key.reveal())
""",
    "account.api_key_delete": """\
made = await panel.account.api_key_create("short-lived")
await panel.account.api_key_delete(made.api_key.identifier)
""",
    "account.list_ssh_keys": """\
for ssh_key in await panel.account.list_ssh_keys():
    print(ssh_key.name, ssh_key.fingerprint)
""",
    "account.create_ssh_key": """\
try:
    await panel.account.create_ssh_key("laptop", "ssh-ed25519 AAAA… alice@laptop")
except Invalid as invalid:
    print([field.field for field in invalid.fields])
""",
    "account.remove_ssh_key": """\
await panel.account.remove_ssh_key("SHA256:bNNKkaC0rFs6qMR0PDhyMA1zfFnDIVr6w+E9sbKqVMo")
""",
    "account.list_activity": """\
for entry in await panel.account.list_activity(event="auth:"):
    print(entry.happened_at, entry.event)
""",
    "account.iter_activity": """\
async for page in panel.account.iter_activity(oldest_first=True):
    print(page.pagination.current_page, len(page))
""",
    "servers.list_servers": """\
servers = await panel.servers.list_servers(["egg"], {"filter[name]": "surv"})
print([server.name for server in servers])
""",
    "servers.iter_servers": """\
async for page in panel.servers.iter_servers(params={"per_page": 50}):
    print(page.pagination.total, [server.name for server in page])
""",
    "servers.get_server": """\
view = await panel.servers.get_server(server, ["egg", "subusers"])
print(view.name, view.conflict, view.may("control.restart"), view.limits.memory_mib)
""",
    "servers.get_server_utilization": """\
stats = await panel.servers.get_server_utilization(server)
print(stats.current_state, stats.resources.memory_bytes, stats.resources.cpu_percent)
""",
    "servers.get_websocket": """\
credentials = await panel.servers.get_websocket(server)
print(credentials.socket)
""",
    "servers.list_permissions": """\
catalogue = await panel.servers.list_permissions()
print(catalogue.describe("control.restart"))
""",
    "servers.send_console_command": """\
try:
    await panel.servers.send_console_command(server, "say Restart in five minutes")
except ServerOffline:
    print("it is off")
""",
    "servers.send_power_action": """\
try:
    await panel.servers.send_power_action(server, "restart")
except (PanelDown, NodeFailed) as failed:
    print("it may have happened" if failed.maybe_done else "it did not happen")
""",
    "servers.list_activity": """\
for entry in await panel.servers.list_activity(server, event="server:power", includes=["actor"]):
    print(entry.happened_at, entry.event, entry.actor.username if entry.actor else "the panel")
""",
    "servers.iter_activity": """\
async for page in panel.servers.iter_activity(server):
    print(len(page))
""",
    "servers.console": """\
async with panel.servers.console(server) as console:
    async for event in console:
        print(event)
        break
""",
    "servers.backups.list_backups": """\
backups = await panel.servers.backups.list_backups(server)
print(backups.backup_count, [backup.name for backup in backups if not backup.is_running])
""",
    "servers.backups.create_backup": """\
backup = await panel.servers.backups.create_backup(
    server, name="Before the update", ignored=["logs/*", "*.tmp"], is_locked=True
)
print(backup.uuid, backup.is_running)
""",
    "servers.backups.get_backup_detail": """\
backup = await panel.servers.backups.get_backup_detail(server, backup.uuid)
print(backup.is_running, backup.has_failed, backup.size_bytes)
""",
    "servers.backups.get_backup_download": """\
link = await panel.servers.backups.get_backup_download(server, backup.uuid)
hand_over(link.url.reveal())
""",
    "servers.backups.download_to": """\
size_bytes = await panel.servers.backups.download_to(
    server, backup.uuid, folder / "world.tar.gz", cap_bytes=10 * 2**30
)
""",
    "servers.backups.restore_backup": """\
await panel.servers.send_power_action(server, "stop")
await panel.servers.backups.restore_backup(server, backup.uuid)
""",
    "servers.backups.delete_backup": """\
try:
    await panel.servers.backups.delete_backup(server, backup.uuid)
except Declined as declined:
    print(declined.reason)  # locked
""",
    "servers.backups.set_locked": """\
backup = await panel.servers.backups.set_locked(server, backup.uuid, True)
print(backup.is_locked)
""",
    "servers.backups.rename_backup": """\
try:
    await panel.servers.backups.rename_backup(server, backup.uuid, "Keep")
except NotFound as missing:
    print("not Pelican:", missing.route_unknown)
""",
    "servers.databases.list_databases": """\
for database in await panel.servers.databases.list_databases(server, include_passwords=True):
    if database.connection_url:
        hand_over(database.connection_url.reveal())
""",
    "servers.databases.create_database": """\
database = await panel.servers.databases.create_database(server, "players")
print(database.name, database.username)
""",
    "servers.databases.rotate_database_password": """\
changed = await panel.servers.databases.rotate_database_password(server, database.id)
if changed.password:
    hand_over(changed.password.reveal())
""",
    "servers.databases.delete_database": """\
await panel.servers.databases.delete_database(server, database.id)
""",
    "servers.files.list_files": """\
files = await panel.servers.files.list_files(server, "/")
for entry in sorted(files, key=lambda entry: (entry.is_file, entry.name)):
    print(entry.name, entry.size_bytes, entry.modified_at)
""",
    "servers.files.get_file_contents": """\
contents = await panel.servers.files.get_file_contents(server, "/notes.txt")
print(contents.text if contents.text is not None else f"{len(contents)} bytes, no text")
""",
    "servers.files.write_file": """\
await panel.servers.files.write_file(server, "/config/motd.txt", "Welcome!\\n")
""",
    "servers.files.download_file": """\
link = await panel.servers.files.download_file(server, "/notes.txt")
hand_over(link.url.reveal())
""",
    "servers.files.get_upload_file_url": """\
link = await panel.servers.files.get_upload_file_url(server)
hand_over(link.url.reveal())
""",
    "servers.files.rename_file": """\
await panel.servers.files.rename_file(server, "notes.txt", "old/notes.txt")
""",
    "servers.files.copy_file": """\
await panel.servers.files.copy_file(server, "/notes.txt")
""",
    "servers.files.delete_files": """\
await panel.servers.files.delete_files(server, ["notes.txt", "old"], "/")
""",
    "servers.files.create_folder": """\
await panel.servers.files.create_folder(server, "plugins/config")
""",
    "servers.files.compress_files": """\
archive = await panel.servers.files.compress_files(server, ["notes.txt"], "/")
print(archive.name, archive.size_bytes)
""",
    "servers.files.decompress_file": """\
archive = await panel.servers.files.compress_files(server, ["notes.txt"], "/")
await panel.servers.files.decompress_file(server, archive.name, "/")
""",
    "servers.files.chmod_files": """\
await panel.servers.files.chmod_files(server, {"notes.txt": 0o600})
""",
    "servers.files.pull_file": """\
await panel.servers.files.pull_file(server, "https://example.com/map.zip", "/", filename="m.zip")
""",
    "servers.files.open_download": """\
async with panel.servers.files.open_download(server, "/notes.txt") as download:
    async for piece in download:
        print(len(piece), "of", download.size_bytes)
""",
    "servers.files.download_to": """\
size_bytes = await panel.servers.files.download_to(
    server, "/notes.txt", folder / "notes.txt", progress=lambda sofar, total: None
)
""",
    "servers.files.upload": """\
await panel.servers.files.upload(server, Upload("map.dat", b"content"), "/world")
on_disk = await Upload.of_path(path)
await panel.servers.files.upload(server, [on_disk], cap_bytes=100 * 2**20)
""",
    "servers.network.list_allocations": """\
for allocation in await panel.servers.network.list_allocations(server):
    print(allocation.address, allocation.notes, allocation.is_default)
""",
    "servers.network.assign_allocation": """\
try:
    allocation = await panel.servers.network.assign_allocation(server)
except Declined as declined:
    print(declined.reason)  # limit_reached, feature_off, no_allocation_free
""",
    "servers.network.set_allocation_note": """\
await panel.servers.network.set_allocation_note(server, allocation.id, "voice chat")
""",
    "servers.network.set_primary_allocation": """\
await panel.servers.network.set_primary_allocation(server, allocation.id)
""",
    "servers.network.unassign_allocation": """\
await panel.servers.network.unassign_allocation(server, allocation.id)
""",
    "servers.settings.rename_server": """\
await panel.servers.settings.rename_server(server, "Survival 2")
""",
    "servers.settings.set_description": """\
await panel.servers.settings.set_description(server, "The new world")
""",
    "servers.settings.reinstall_server": """\
await panel.servers.settings.reinstall_server(server)
""",
    "servers.settings.set_docker_image": """\
startup = await panel.servers.startup.list_variables(server)
image = next(iter(startup.docker_images.values()))
await panel.servers.settings.set_docker_image(server, image)
""",
    "servers.startup.list_variables": """\
startup = await panel.servers.startup.list_variables(server)
print([variable.env_variable for variable in startup], startup.docker_images)
""",
    "servers.startup.update_variable": """\
try:
    await panel.servers.startup.update_variable(server, "SERVER_JARFILE", "paper.jar")
except Invalid as invalid:
    print([(field.field, field.rule) for field in invalid.fields])
""",
    "servers.users.list_users": """\
for subuser in await panel.servers.users.list_users(server):
    print(subuser.username, sorted(subuser.permissions))
""",
    "servers.users.get_user": """\
subuser = await panel.servers.users.get_user(server, subuser.uuid)
print(subuser.email)
""",
    "servers.users.create_user": """\
made = await panel.servers.users.create_user(
    server, "carol@example.com", ["control.console", "control.start"]
)
print(made.permissions)
""",
    "servers.users.update_user": """\
rights = {*subuser.permissions, "control.restart"}
await panel.servers.users.update_user(server, subuser.uuid, rights)
""",
    "servers.users.delete_user": """\
await panel.servers.users.delete_user(server, subuser.uuid)
""",
    "servers.schedules.list_schedules": """\
for schedule in await panel.servers.schedules.list_schedules(server):
    print(schedule.name, schedule.cron, schedule.next_run_at, len(schedule.tasks))
""",
    "servers.schedules.get_schedule": """\
schedule = await panel.servers.schedules.get_schedule(server, schedule.id)
print(schedule.is_processing, schedule.last_run_at)
""",
    "servers.schedules.create_schedule": """\
schedule = await panel.servers.schedules.create_schedule(
    server, "Nightly restart", minute="0", hour="4"
)
await panel.servers.schedules.create_task(server, schedule.id, "power", "restart")
""",
    "servers.schedules.update_schedule": """\
await panel.servers.schedules.update_schedule(server, schedule.id, hour="5", is_active=False)
""",
    "servers.schedules.execute_schedule": """\
await panel.servers.schedules.execute_schedule(server, schedule.id)
""",
    "servers.schedules.delete_schedule": """\
await panel.servers.schedules.delete_schedule(server, schedule.id)
""",
    "servers.schedules.create_task": """\
await panel.servers.schedules.create_task(
    server, schedule.id, "command", "say Restart in a minute", time_offset_seconds=60
)
""",
    "servers.schedules.update_task": """\
task = schedule.tasks[0]
await panel.servers.schedules.update_task(server, schedule.id, task.id, payload="say Soon")
""",
    "servers.schedules.delete_task": """\
await panel.servers.schedules.delete_task(server, schedule.id, schedule.tasks[0].id)
""",
}
"""Method, as it is reached from a client -> code."""

"""`rotation-alerts demo`: the bot in a browser with the emulator and a market clock."""

"""Microsoft Graph, for the sources whose files lie on SharePoint or OneDrive."""

"""Makes and checks workbooks with openpyxl.

make KIND FILE     writes a workbook with what operators put into theirs
check KIND FILE    reads it again after our writes; exits with the first difference
"""

import sys

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo

OURS = [
    "plan", "current_version", "boot_mode", "method", "status", "stage", "last_error",
    "rollback_status", "last_upgrade", "run", "updated_at",
]
OPERATOR = ["Hostname", "Mgmt IP", "Model", "Target Version", "Rack", "Uptime %", "Notes"]
# Row 1 is a title; the header is row 3.
HEADER, FIRST, DEVICES = 3, 4, 12


def columns(kind):
    return OPERATOR + (OURS if kind == "ours" else [])


def make(kind, path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Fleet & more"
    header = columns(kind)
    sheet["A1"] = "Our fleet"
    sheet["A1"].font = Font(name="Arial", size=18, bold=True, color="FF1F4E79")
    sheet.merge_cells("A1:D1")
    thin = Side(style="thin", color="FF999999")
    for column, name in enumerate(header, 1):
        cell = sheet.cell(HEADER, column, name)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", start_color="FF1F4E79")
        cell.border = Border(bottom=thin)
        cell.alignment = Alignment(wrap_text=True, horizontal="center")
    for n in range(DEVICES):
        row = FIRST + n
        values = [f"sw{n}", f"10.0.0.{n + 1}", "C9300-48P", "17.09.04a", f"R{n}", None, "ümläut <&> \"quoted\""]
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column, value)
            cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
        sheet.cell(row, 6, f"=LEN(A{row})*10").number_format = "0.00"
        if kind == "ours":
            status = sheet.cell(row, header.index("status") + 1, "old")
            status.fill = PatternFill("solid", start_color="FFFFFF00")
            # A formula where we write: it gives way.
            sheet.cell(row, header.index("stage") + 1, f"=A{row}")
    last = FIRST + DEVICES - 1
    methods = DataValidation(type="list", formula1='"C9300-48P,C9500-40X"', allow_blank=True)
    methods.add(f"C{FIRST}:C{last}")
    sheet.add_data_validation(methods)
    red = PatternFill("solid", start_color="FFFF0000", end_color="FFFF0000")
    sheet.conditional_formatting.add(f"F{FIRST}:F{last}", CellIsRule(operator="lessThan", formula=["20"], fill=red))
    sheet.conditional_formatting.add(f"A{FIRST}:A{last}", FormulaRule(formula=[f'$D{FIRST}=""'], fill=red))
    sheet["A5"].comment = Comment("replaced in May", "Maria")
    sheet["B4"].hyperlink = "https://example.net/sw0"
    sheet.column_dimensions["G"].width = 40
    sheet.column_dimensions["E"].hidden = True
    sheet.row_dimensions[6].height = 33
    sheet.row_dimensions[7].hidden = True
    sheet.freeze_panes = "B4"
    sheet.print_title_rows = "3:3"
    sheet.sheet_properties.tabColor = "FF00B050"
    area = f"A{HEADER}:{openpyxl.utils.get_column_letter(len(header))}{last}"
    if kind == "filter":
        sheet.auto_filter.ref = area
    else:
        table = Table(displayName="Devices", ref=area)
        table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium9", showRowStripes=True)
        sheet.add_table(table)
    chart = BarChart()
    chart.title = "Uptime"
    chart.add_data(Reference(sheet, min_col=6, min_row=HEADER, max_row=last), titles_from_data=True)
    sheet.add_chart(chart, "AA3")
    secret = book.create_sheet("Secret")
    secret["A1"] = "hidden"
    secret.sheet_state = "hidden"
    deep = book.create_sheet("Deep")
    deep.sheet_state = "veryHidden"
    totals = book.create_sheet("Totals")
    totals["A1"] = "=COUNTA('Fleet & more'!A4:A15)"
    book.defined_names["FirstDevice"] = DefinedName("FirstDevice", attr_text="'Fleet & more'!$A$4")
    book.save(path)


def same(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: expected {wanted!r}, found {found!r}")


def check(kind, path):
    book = openpyxl.load_workbook(path)
    sheet = book["Fleet & more"]
    header = OPERATOR + OURS
    same("headers", [c.value for c in sheet[HEADER]][: len(header)], header)
    at = {name: n for n, name in enumerate(header, 1)}
    if kind != "ours":
        for name in OURS:
            cell, beside = sheet.cell(HEADER, at[name]), sheet.cell(HEADER, at["Notes"])
            same(f"style of {name}", cell._style, beside._style)
    else:
        same("fill of status", sheet.cell(FIRST, at["status"]).fill.start_color.rgb, "FFFFFF00")
        same("fill of another status", sheet.cell(FIRST + 5, at["status"]).fill.start_color.rgb, "FFFFFF00")
        same("a status that was not written", sheet.cell(FIRST + 5, at["status"]).value, "old")
        same("a formula that was not written", sheet.cell(FIRST + 5, at["stage"]).value, f"=A{FIRST + 5}")
    for device, status, stage, error in [
        (0, "upgraded", "close", "=1+1"),
        (3, "refused", "precheck", "no room on flash-2: <12 MiB> & \"more\""),
    ]:
        row = FIRST + device
        same("status", sheet.cell(row, at["status"]).value, status)
        same("stage", sheet.cell(row, at["stage"]).value, stage)
        cell = sheet.cell(row, at["last_error"])
        same("last_error", (cell.value, cell.data_type), (error, "s"))
    same("title", sheet["A1"].value, "Our fleet")
    same("title's font", (sheet["A1"].font.sz, sheet["A1"].font.b), (18, True))
    same("merged", [str(r) for r in sheet.merged_cells.ranges], ["A1:D1"])
    same("formula", sheet["F4"].value, "=LEN(A4)*10")
    same("number format", sheet["F4"].number_format, "0.00")
    same("notes", sheet["G9"].value, "ümläut <&> \"quoted\"")
    same("border", sheet["C8"].border.left.style, "thin")
    same("validation", [str(v.sqref) for v in sheet.data_validations.dataValidation], ["C4:C15"])
    same("conditional formats", len(sheet.conditional_formatting), 2)
    same("comment", sheet["A5"].comment.text, "replaced in May")
    same("hyperlink", sheet["B4"].hyperlink.target, "https://example.net/sw0")
    same("hidden column", sheet.column_dimensions["E"].hidden, True)
    same("column width", sheet.column_dimensions["G"].width, 40)
    same("row height", sheet.row_dimensions[6].height, 33)
    same("hidden row", sheet.row_dimensions[7].hidden, True)
    same("freeze", sheet.freeze_panes, "B4")
    same("print titles", sheet.print_title_rows, "$3:$3")
    same("tab colour", sheet.sheet_properties.tabColor.rgb, "FF00B050")
    same("states", [s.sheet_state for s in book], ["visible", "hidden", "veryHidden", "visible"])
    same("defined name", book.defined_names["FirstDevice"].attr_text, "'Fleet & more'!$A$4")
    same("charts", len(sheet._charts), 1)
    area = f"A{HEADER}:{openpyxl.utils.get_column_letter(len(header))}{FIRST + DEVICES - 1}"
    if kind == "filter":
        same("filter", sheet.auto_filter.ref, area)
    else:
        table = sheet.tables["Devices"]
        same("table", table.ref, area)
        same("table's filter", table.autoFilter.ref if table.autoFilter else area, area)
        same("table's columns", [c.name for c in table.tableColumns], header)
    same("dimension", sheet.dimensions, f"A1:{openpyxl.utils.get_column_letter(len(header))}{FIRST + DEVICES - 1}")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](sys.argv[2], sys.argv[3])
